import { signal } from '@preact/signals';

const STORED_KEY = 'millrace.key';

/** The key that the reader signed in with. It is kept as long as the tab. */
export const apiKey = signal<string | undefined>(sessionStorage.getItem(STORED_KEY) ?? undefined);

/** Why the last session ended, where the reader did not end it. */
export const endReason = signal<string | undefined>(undefined);

export function signIn(key: string): void {
  sessionStorage.setItem(STORED_KEY, key);
  endReason.value = undefined;
  apiKey.value = key;
}

export function signOut(reason?: string): void {
  sessionStorage.removeItem(STORED_KEY);
  endReason.value = reason;
  apiKey.value = undefined;
}
