import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Empty } from './elements.tsx';

export type Paging = {
  /** The cursor of the page that is shown; the first has none. */
  readonly cursor: string | undefined;
  /** The pages that led here had these cursors. */
  readonly cursors: readonly string[];
  readonly turnTo: (cursors: readonly string[]) => void;
};

/** Keeps which page of a list is shown. A cursor belongs to its list, which `list` names: another begins with its first page. */
export function usePaging(list: string): Paging {
  const [trail, setTrail] = useState<{ list: string; cursors: readonly string[] }>({ list, cursors: [] });
  const cursors = trail.list === list ? trail.cursors : [];
  const cursor = cursors.at(-1);
  useEffect(() => window.scrollTo(0, 0), [list, cursor]);
  return { cursor, cursors, turnTo: (next) => setTrail({ list, cursors: next }) };
}

type PagesProps = {
  readonly paging: Paging;
  readonly next: string | null;
  /** What is before a page, and behind it. */
  readonly before: string;
  readonly behind: string;
};

/** Leads through the pages. The API gives no count of them, and no way back but the cursors that led here. */
export function Pages({ paging: { cursors, turnTo }, next, before, behind }: PagesProps) {
  if (cursors.length === 0 && next === null) return null;
  return (
    <nav class="pages" aria-label="Pages of the list">
      <button type="button" disabled={cursors.length === 0} onClick={() => turnTo(cursors.slice(0, -1))}>
        ← {before}
      </button>
      <span class="muted">Page {cursors.length + 1}</span>
      <button type="button" disabled={next === null} onClick={() => next !== null && turnTo([...cursors, next])}>
        {behind} →
      </button>
    </nav>
  );
}

type EmptyPageProps = Pick<PagesProps, 'paging' | 'next'> & {
  /** What the list is of, one of them. */
  readonly noun: string;
  readonly isFiltered: boolean;
  /** Where the whole list is. */
  readonly all: string;
  /** Stands where there is nothing at all. */
  readonly children: ComponentChildren;
};

/** Says why a page is empty. It need not be the last: the API looks through so many for a page, whether they match or not. */
export function EmptyPage({ paging: { cursors, turnTo }, next, noun, isFiltered, all, children }: EmptyPageProps) {
  if (next !== null)
    return (
      <Empty title={`No match so far: older ${noun}s may match.`}>
        <button type="button" class="primary" onClick={() => turnTo([...cursors, next])}>
          Look on
        </button>
      </Empty>
    );
  if (cursors.length > 0) return <Empty title={`There are no more ${noun}s.`} />;
  return isFiltered ? (
    <Empty title={`No ${noun} matches.`}>
      <a href={all}>Show all {noun}s</a>
    </Empty>
  ) : (
    children
  );
}
