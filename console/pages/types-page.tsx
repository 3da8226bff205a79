import { duration } from '../model/format.ts';
import { hrefOf } from '../model/route.ts';
import { useDefinitions } from '../parts/definitions.ts';
import { LiveContent } from '../parts/live-content.tsx';
import { NoTypes } from '../parts/no-types.tsx';
import { PageHeading } from '../parts/page-heading.tsx';

/** The task types of the deployment, as they hold now. */
export function TypesPage() {
  const definitions = useDefinitions();
  return (
    <>
      <PageHeading title="Task types" />
      <LiveContent live={definitions}>
        {(all) =>
          all.length === 0 ? (
            <NoTypes />
          ) : (
            <div class="card table-card">
              <table>
                <caption class="unseen">Task types</caption>
                <thead>
                  <tr>
                    <th scope="col">Type</th>
                    <th scope="col" class="wide">
                      Resource class
                    </th>
                    <th scope="col">Priority</th>
                    <th scope="col" class="wide number">
                      Timeout
                    </th>
                    <th scope="col" class="wide number">
                      Attempts
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {all.map(({ type, description, resources, priority, timeoutSeconds, retry, paused }) => (
                    <tr key={type}>
                      <th scope="row">
                        <a href={hrefOf({ page: 'type', type })}>{type}</a>
                        {paused && <span class="badge status-queued">paused</span>}
                        <p class="muted small wide">{description}</p>
                      </th>
                      <td class="wide">{resources}</td>
                      <td>{priority}</td>
                      <td class="wide number">{duration(timeoutSeconds * 1000)}</td>
                      <td class="wide number">{retry.maxAttempts}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </LiveContent>
    </>
  );
}
