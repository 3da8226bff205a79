import * as z from 'zod';
import type { OpenRoute } from '../route.ts';

export const getHealth: OpenRoute = {
  operationId: 'getHealth',
  summary: 'Ask whether the API answers',
  response: { status: 200, description: 'It does', schema: () => z.strictObject({ status: z.literal('ok') }) },
  problems: [],
  handle: async () => ({ status: 200, body: { status: 'ok' } }),
};
