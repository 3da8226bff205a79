import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import { parseScheduleId } from '../../core/schedule/schedule.ts';
import { pageOf, pageParameters, pageShape, parseQuery, placeBehind } from '../http/page.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route } from '../route.ts';
import {
  loadSchedule,
  scheduleIdParameter,
  scheduleSchema,
  scheduleSummary,
  scheduleSummarySchema,
  scheduleView,
} from './schedule-view.ts';

const querySchema = once(() => z.strictObject(pageShape()));

export const listSchedules: Route = {
  operationId: 'listSchedules',
  summary: 'List schedules',
  parameters: pageParameters,
  response: {
    status: 200,
    description: 'A page, in the order of their ids, without inputs; the last where nextCursor is null',
    schema: () => pageOf(scheduleSummarySchema()),
  },
  problems: ['invalid_request', 'unavailable'],

  async handle(request, { tenantId }, ports) {
    const { limit, cursor } = parseQuery(querySchema(), request);
    const after = placeBehind(cursor, parseScheduleId);
    const { schedules, next = null } = await orUnavailable(ports.schedules.list(tenantId, limit, after));
    return { status: 200, body: { items: schedules.map(scheduleSummary), nextCursor: next } };
  },
};

export const getSchedule: Route = {
  operationId: 'getSchedule',
  summary: 'Read a schedule',
  parameters: [scheduleIdParameter],
  response: { status: 200, description: 'The schedule', schema: scheduleSchema },
  problems: ['not_found', 'unavailable'],

  async handle(request, caller, ports) {
    return { status: 200, body: await scheduleView(await loadSchedule(request, caller, ports), caller, ports) };
  },
};
