import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { definitionsSchema } from '../api/definition.ts';
import { ApiFailure } from '../api/problem.ts';
import { endReason, signIn } from '../api/session.ts';

/** Asks for a key, and tries it before it lets the reader in. */
export function SignInPage() {
  const [failure, setFailure] = useState<ApiFailure>();
  const [isBusy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Millrace';
    field.current?.focus();
  }, []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const key = field.current?.value.trim() ?? '';
    if (key === '' || isBusy) return;
    setBusy(true);
    try {
      await call('api/definitions', definitionsSchema, { key });
      signIn(key);
    } catch (error) {
      if (error instanceof ApiFailure) setFailure(error);
      setBusy(false);
      field.current?.focus();
    }
  };

  const message = failure === undefined ? endReason.value : reasonOf(failure);
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit} aria-labelledby="sign-in-title">
        <h1 id="sign-in-title" class="brand">
          Millrace
        </h1>
        <p class="muted">Sign in with an API key of your tenant. It stays in this tab, and is forgotten with it.</p>
        <label for="key">API key</label>
        <input
          id="key"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          aria-invalid={message !== undefined}
          aria-describedby={message === undefined ? undefined : 'key-error'}
        />
        {message !== undefined && (
          <p id="key-error" class="error" role="alert">
            {message}
          </p>
        )}
        <button type="submit" class="primary" aria-disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
        <p class="muted small">
          <code>npm start</code> prints a key; <code>npm run keys</code> makes one for a deployment.
        </p>
      </form>
    </main>
  );
}

const reasonOf = ({ code, message }: ApiFailure): string =>
  code === 'missing_scope' ? `${message} The console shows nothing without it.` : message;
