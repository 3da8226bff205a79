import type { Attempt } from '../api/attempt.ts';

type AttemptErrorProps = { readonly of: string; readonly error: NonNullable<Attempt['error']> };

/** Shows what an attempt failed by; where it was thrown, and what lay behind it, for whoever asks. */
export const AttemptError = ({ of, error: { code, message, class: name, causes = [], stack } }: AttemptErrorProps) => (
  <div class="attempt-error">
    <p>
      <code>{code}</code> <bdi>{message}</bdi>
    </p>
    {(stack !== undefined || causes.length > 0) && (
      <details>
        <summary>
          Stack and causes<span class="unseen">: {of}</span>
        </summary>
        {name !== undefined && (
          <p>
            Thrown as <code>{name}</code>
          </p>
        )}
        {causes.map((cause, place) => (
          <p key={place}>
            Caused by{' '}
            <code>{[cause.class, cause.code].filter((part) => part !== undefined).join(' ') || 'an error'}</code>{' '}
            <bdi>{cause.message}</bdi>
          </p>
        ))}
        {stack !== undefined && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls has to be reached by keyboard.
          <pre tabIndex={0}>{stack}</pre>
        )}
      </details>
    )}
  </div>
);
