import type { TaskContext } from '../../core/define-task.ts';
import { type Report, type SecretAnswer, unpackThrown } from './thread-messages.ts';

/** Asks the executor for secrets, from a thread: it has no credentials to fetch them itself. */
export class AskedSecrets {
  readonly #report: (what: Report) => void;
  readonly #asked: PromiseWithResolvers<string>[] = [];

  constructor(report: (what: Report) => void) {
    this.#report = report;
  }

  readonly ask: TaskContext['secret'] = (name) => {
    const answered = Promise.withResolvers<string>();
    this.#report({ secret: { place: this.#asked.push(answered) - 1, name } });
    return answered.promise;
  };

  /** Hands over what the executor has answered. */
  hear({ secret }: SecretAnswer): void {
    const answered = this.#asked[secret.place];
    if ('value' in secret) answered?.resolve(secret.value);
    else answered?.reject(unpackThrown(secret.thrown));
  }
}
