import { call } from '../api/call.ts';
import { type Definitions, definitionsSchema } from '../api/definition.ts';
import { type Lane, lanesSchema } from '../api/lane.ts';
import { type Live, useLive } from './live.ts';

const DEFINITIONS = 'api/definitions';
const DEFINITIONS_REFRESH_SECONDS = 30;
const LANES = 'api/lanes';
const LANES_REFRESH_SECONDS = 5;

/** Loads the task types of the deployment. */
export const useDefinitions = (): Live<Definitions> =>
  useLive(DEFINITIONS, (signal) => call(DEFINITIONS, definitionsSchema, { signal }), DEFINITIONS_REFRESH_SECONDS);

/** Names all types, those that are broken too: there may be tasks of them. */
export const typeNames = ({ items, broken = [] }: Definitions): string[] =>
  [...items, ...broken].map(({ type }) => type).toSorted();

/** Loads the lanes of the deployment, as they are now. */
export const useLanes = (): Live<Lane[]> =>
  useLive(LANES, async (signal) => (await call(LANES, lanesSchema, { signal })).items, LANES_REFRESH_SECONDS);
