import { signal } from '@preact/signals';

const SHOWN_MS = 6_000;

const text = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** Tells what was done, to the eye and to a screen reader. */
export function announce(message: string): void {
  clearTimeout(timer);
  text.value = message;
  timer = setTimeout(() => {
    text.value = '';
  }, SHOWN_MS);
}

export const Announcement = () => (
  <div class="announcement" role="status">
    {text.value !== '' && <p>{text}</p>}
  </div>
);
