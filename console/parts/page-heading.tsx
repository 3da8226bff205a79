import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

type PageHeadingProps = {
  readonly title: string;
  /** The browser's tab has this title, where the heading alone would not tell. */
  readonly tabTitle?: string;
  readonly children?: ComponentChildren;
};

let isFirst = true;

/** Shows the heading of a page. It takes the focus when the reader comes there, so that a screen reader goes on from it. */
export function PageHeading({ title, tabTitle = title, children }: PageHeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // On the first page nobody has come from anywhere.
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, []);
  useEffect(() => {
    document.title = `${tabTitle} · Millrace`;
  }, [tabTitle]);
  return (
    <div class="page-heading">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}
