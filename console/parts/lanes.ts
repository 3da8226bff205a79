import { call } from '../api/call.ts';
import { type Lane, lanesSchema } from '../api/lane.ts';
import { type Live, useLive } from './live.ts';

const PATH = 'api/lanes';
const REFRESH_SECONDS = 5;

/** The lanes of the deployment, as they are now. */
export const useLanes = (): Live<Lane[]> =>
  useLive(PATH, async (signal) => (await call(PATH, lanesSchema, { signal })).items, REFRESH_SECONDS);
