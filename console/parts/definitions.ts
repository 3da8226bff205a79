import { call } from '../api/call.ts';
import { type Definition, definitionsSchema } from '../api/definition.ts';
import { type Live, useLive } from './live.ts';

const PATH = 'api/definitions';
const REFRESH_SECONDS = 30;

/** The task types of the deployment. */
export const useDefinitions = (): Live<Definition[]> =>
  useLive(PATH, async (signal) => (await call(PATH, definitionsSchema, { signal })).items, REFRESH_SECONDS);
