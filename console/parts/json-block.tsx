import { useState } from 'preact/hooks';
import { countText } from '../model/format.ts';
import { announce } from './announcement.tsx';

/** Longer ones are shown in part: a browser lays out megabytes of text slowly. */
const SHOWN_CHARACTERS = 20_000;

/** Shows a value as JSON, to read and to copy. */
export function JsonBlock({ title, value }: { title: string; value: unknown }) {
  const [isWhole, setWhole] = useState(false);
  const text = JSON.stringify(value, undefined, 2);
  const isLong = text.length > SHOWN_CHARACTERS;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    announce(`${title} copied.`);
  };
  return (
    <section class="card json">
      <div class="card-heading">
        <h2>{title}</h2>
        <button type="button" class="quiet" onClick={copy} aria-label={`Copy the ${title.toLowerCase()}`}>
          Copy
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls has to be reached by keyboard. */}
      <pre tabIndex={0}>{isLong && !isWhole ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text}</pre>
      {isLong && !isWhole && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {countText(text.length)} characters
        </button>
      )}
    </section>
  );
}
