import { type ComponentChildren, Fragment } from 'preact';
import { useState } from 'preact/hooks';

/** Asks for the page behind one; there is nothing to ask where that is shown. */
export type OnMore = ((next: string) => void) | undefined;

type GrowingPagesProps = { readonly children: (cursor: string, onMore: OnMore) => ComponentChildren };

/** Shows the pages of a list one below the other, as they are asked for. */
export function GrowingPages({ children }: GrowingPagesProps) {
  const [cursors, setCursors] = useState<readonly string[]>(['']);
  return (
    <>
      {cursors.map((cursor, index) => (
        <Fragment key={cursor}>
          {children(cursor, index === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined)}
        </Fragment>
      ))}
    </>
  );
}

/** Offers the page behind one, where there is one that is not shown. */
export const ShowMore = ({ next, onMore }: { next: string | null; onMore: OnMore }) =>
  next === null || onMore === undefined ? null : (
    <button type="button" class="show-more" onClick={() => onMore(next)}>
      Show more
    </button>
  );
