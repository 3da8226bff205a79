import type { Definition } from '../api/definition.ts';
import { duration } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { useDefinitions } from '../parts/deployment.ts';
import { NoTypes } from '../parts/elements.tsx';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';

const COLUMNS: readonly Column<Definition>[] = [
  {
    head: 'Type',
    cell: ({ type, description, paused }) => (
      <>
        <a href={hrefOf({ page: 'type', type })}>{type}</a>
        {paused && <span class="badge status-queued">paused</span>}
        <p class="muted small wide">{description}</p>
      </>
    ),
  },
  { head: 'Resource class', class: 'wide', cell: ({ resources }) => resources },
  { head: 'Priority', cell: ({ priority }) => priority },
  { head: 'Timeout', class: 'wide number', cell: ({ timeoutSeconds }) => duration(timeoutSeconds * 1000) },
  { head: 'Attempts', class: 'wide number', cell: ({ retry }) => retry.maxAttempts },
];

/** Shows the task types of the deployment, as they hold now. */
export function TypesPage() {
  const definitions = useDefinitions();
  return (
    <>
      <PageHeading title="Task types" />
      <LiveContent live={definitions}>
        {({ items, broken = [] }) => (
          <>
            {broken.map(({ type, reason }) => (
              <div key={type} class="notice" role="alert">
                <strong>{type} is broken</strong>
                <p>{reason}. Its tasks wait for a deployment that mends it, and fail in the end.</p>
              </div>
            ))}
            {items.length > 0 && (
              <TableCard
                caption="Task types"
                isCaptionUnseen
                columns={COLUMNS}
                rows={items}
                keyOf={({ type }) => type}
              />
            )}
            {items.length + broken.length === 0 && <NoTypes />}
          </>
        )}
      </LiveContent>
    </>
  );
}
