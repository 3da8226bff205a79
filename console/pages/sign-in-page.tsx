import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { definitionsSchema } from '../api/definition.ts';
import { ApiFailure } from '../api/problem.ts';
import { refusalOf } from '../api/refusal.ts';
import { endReason, signIn } from '../api/session.ts';

/** Asks for a key, and tries it before it lets the reader in. */
export function SignInPage() {
  const [refusal, setRefusal] = useState<string>();
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
      if (error instanceof ApiFailure) setRefusal(refusalOf(key, error));
      setBusy(false);
      field.current?.focus();
    }
  };

  const message = refusal ?? endReason.value;
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
          <code>npm start</code> prints a key of this machine’s deployment;{' '}
          <code>npx millrace keys create --tenant acme --scopes submit,read</code> makes one of any other.
        </p>
      </form>
    </main>
  );
}
