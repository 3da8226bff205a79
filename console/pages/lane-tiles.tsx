import type { Lane } from '../api/lane.ts';
import { duration, shortCount } from '../model/format.ts';
import { useLanes } from '../parts/deployment.ts';
import { Tile } from '../parts/elements.tsx';
import { LiveContent } from '../parts/live-content.tsx';

/** Shows the state of all lanes together, in a few numbers. */
export const LaneTiles = () => (
  <LiveContent live={useLanes()}>
    {(lanes) => {
      const waits = lanes.flatMap(({ estimatedWaitSeconds }) => estimatedWaitSeconds ?? []);
      // The dead letters of a class stand at each of its lanes.
      const deadLetters = sum([...new Map(lanes.map((lane) => [lane.resourceClass, lane])).values()], 'deadLetters');
      return (
        <dl class="tiles">
          <Tile name="Tasks waiting" value={shortCount(sum(lanes, 'depth'))} />
          <Tile name="In flight" value={shortCount(sum(lanes, 'inFlight'))} />
          <Tile name="Longest estimated wait" value={waits.length === 0 ? '–' : duration(Math.max(...waits) * 1000)} />
          <Tile name="Dead letters" value={shortCount(deadLetters)} isBad={deadLetters > 0} />
        </dl>
      );
    }}
  </LiveContent>
);

const sum = (lanes: readonly Lane[], name: 'depth' | 'inFlight' | 'deadLetters'): number =>
  lanes.reduce((total, lane) => total + lane[name], 0);
