import { Load, noop, untilEnded } from './load.ts';
import type { Peer } from './peer.ts';

const CLIENTS = 50;
const SECONDS = 4;
const BULK = 300;

/** Lets a peer do something of everything, so that no first call is measured. */
export async function warm(peer: Peer): Promise<void> {
  const load = new Load(peer, CLIENTS);
  try {
    const submitted = await load.closedLoop(CLIENTS, SECONDS);
    const bulk = peer.exempt.bulk === undefined ? await load.submitBulk(Array(BULK).fill(noop)) : [];
    await untilEnded(peer, [...submitted.map(({ id }) => id), ...bulk]);
  } finally {
    await load.close();
  }
}
