import type { Lane } from '../api/lane.ts';
import { count, counted, duration } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { useLanes } from '../parts/lanes.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { PageHeading } from '../parts/page-heading.tsx';

/** Every lane as it is now: what waits, what is at work, and whether it takes more. */
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
  const deepest = Math.max(1, ...lanes.map(({ depth }) => depth));
  return (
    <div class="card table-card">
      <table>
        <caption>
          {resourceClass}
          {deadLetters > 0 && <span class="error"> · {counted(deadLetters, 'dead letter')}</span>}
        </caption>
        <thead>
          <tr>
            <th scope="col">Lane</th>
            <th scope="col" class="number">
              Waiting
            </th>
            <th scope="col" class="wide number">
              In flight
            </th>
            <th scope="col" class="wide number">
              Executors, at most
            </th>
            <th scope="col" class="number">
              Wait
            </th>
            <th scope="col" class="wide number">
              At worst
            </th>
            <th scope="col">Admission</th>
          </tr>
        </thead>
        <tbody>
          {lanes.map((lane) => (
            <tr key={lane.name}>
              <th scope="row">
                <a class="lane" href={hrefOf({ page: 'lane', name: lane.name })}>
                  {shortName(lane)}
                </a>
              </th>
              <td class="number">
                <span class="depth" style={{ '--share': String(lane.depth / deepest) }}>
                  {count(lane.depth)}
                </span>
              </td>
              <td class="wide number">{count(lane.inFlight)}</td>
              <td class="wide number">{count(lane.maxConcurrency)}</td>
              <td class="number">{waitOf(lane.estimatedWaitSeconds)}</td>
              <td class="wide number">{waitOf(lane.worstWaitSeconds)}</td>
              <td>
                <AdmissionBadge admission={lane.admission} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The class stands above: `default-high-0` -> `high-0`. */
const shortName = ({ name, resourceClass }: Lane): string => name.slice(resourceClass.length + 1) || name;

const waitOf = (seconds: number | null): string => (seconds === null ? '–' : duration(seconds * 1000));

/** `open` takes everything; any other word tells what is refused. */
export const AdmissionBadge = ({ admission }: { admission: string }) => (
  <span class={`badge ${admission === 'open' ? 'status-succeeded' : 'status-failed'}`}>{admission}</span>
);
