import type { Lane } from '../api/lane.ts';
import { counted, countText, duration } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { useLanes } from '../parts/deployment.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';
import { type Column, TableCard } from '../parts/table-card.tsx';

/** Shows every lane as it is now: what waits, what is at work, and whether it takes more. */
export function LanesPage() {
  const lanes = useLanes();
  return (
    <>
      <PageHeading title="Lanes" />
      <LiveContent live={lanes}>
        {(all) => (
          <div class="lanes">
            {[...Map.groupBy(all, ({ resourceClass }) => resourceClass)].map(([resourceClass, group]) => (
              <LaneTable key={resourceClass} resourceClass={resourceClass} lanes={group} />
            ))}
          </div>
        )}
      </LiveContent>
    </>
  );
}

function LaneTable({ resourceClass, lanes }: { resourceClass: string; lanes: readonly Lane[] }) {
  const deadLetters = lanes[0]?.deadLetters ?? 0;
  const caption = (
    <>
      {resourceClass}
      {deadLetters > 0 && <span class="error"> · {counted(deadLetters, 'dead letter')}</span>}
    </>
  );
  return <TableCard caption={caption} columns={columnsFor(lanes)} rows={lanes} keyOf={({ name }) => name} />;
}

function columnsFor(lanes: readonly Lane[]): readonly Column<Lane>[] {
  const deepest = Math.max(1, ...lanes.map(({ depth }) => depth));
  return [
    {
      head: 'Lane',
      cell: (lane) => (
        <a class="lane" href={hrefOf({ page: 'lane', name: lane.name })}>
          {shortName(lane)}
        </a>
      ),
    },
    {
      head: 'Waiting',
      class: 'number',
      cell: ({ depth }) => (
        <span class="depth" style={{ '--share': String(depth / deepest) }}>
          {countText(depth)}
        </span>
      ),
    },
    { head: 'In flight', class: 'wide number', cell: ({ inFlight }) => countText(inFlight) },
    { head: 'Executors, at most', class: 'wide number', cell: ({ maxConcurrency }) => countText(maxConcurrency) },
    { head: 'Wait', class: 'number', cell: ({ estimatedWaitSeconds }) => waitOf(estimatedWaitSeconds) },
    { head: 'At worst', class: 'wide number', cell: ({ worstWaitSeconds }) => waitOf(worstWaitSeconds) },
    { head: 'Admission', cell: ({ admission }) => <AdmissionBadge admission={admission} /> },
  ];
}

/** Leaves out the class, which stands above: `default-high-0` -> `high-0`. */
const shortName = ({ name, resourceClass }: Lane): string => name.slice(resourceClass.length + 1) || name;

const waitOf = (seconds: number | null): string => (seconds === null ? '–' : duration(seconds * 1000));

/** `open` takes everything; any other word tells what is refused. */
export const AdmissionBadge = ({ admission }: { admission: string }) => (
  <span class={`badge ${admission === 'open' ? 'status-succeeded' : 'status-failed'}`}>{admission}</span>
);
