import type { ComponentChildren } from 'preact';

/** What stands where there is nothing: why that may be, and what to do. */
export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="empty">
    <strong>{title}</strong>
    {children}
  </div>
);
