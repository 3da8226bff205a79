import * as z from 'zod';
import { MAX_STATISTICS_HOURS, STATISTICS_RETENTION_DAYS } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { mapConcurrently, once } from '../../core/concurrency.ts';
import type { TaskCatalog } from '../../core/define-task.ts';
import { isoTime } from '../../core/iso-time.ts';
import type { Minute, Statistics } from '../../core/ports.ts';
import { MINUTE, minuteOf, percentileOf, RELATIVE_ERROR, sketchOf, sumOf, type Tally } from '../../core/statistics.ts';
import type { TenantId } from '../../core/task/ids.ts';
import { invalidQuery, parseQuery, queryParameter, selectFields } from '../http/page.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import { timeSchema } from '../http/time-schema.ts';
import type { Request, Route, RouterPorts } from '../route.ts';
import { nameSchema } from './task-view.ts';

const HOUR = 60 * MINUTE;

/** So many tenants are counted together, and so many of them at a time. */
const MOST_TENANTS = 200;
const PARALLEL = 20;

const querySchema = once(() => {
  const time = timeSchema().optional();
  return z.strictObject({
    type: nameSchema(128).optional(),
    from: time,
    to: time,
    tenants: z.literal('all').optional(),
  });
});

const field = selectFields(querySchema);

const costSchema = once(() => {
  const dollars = z.number().min(0);
  return z
    .strictObject({
      usd: dollars.describe('Of requests, messages, writes, executors, logs, traces, events and storage'),
      computeUsd: dollars.describe('Of it the time of the executors'),
    })
    .describe(
      "What tasks cost at AWS's list prices of us-east-1, at the minute of each step: an estimate. Reads, and what is paid whatever comes, are not in it",
    );
});

const countsSchema = once(() => {
  const count = z.int().min(0);
  const percentiles = z.strictObject({ p50: count, p95: count, p99: count }).nullable();
  return z.strictObject({
    accepted: count,
    started: count.describe('Attempts that began'),
    succeeded: count,
    failed: count,
    cancelled: count,
    retried: count.describe('Attempts that failed and are followed by another'),
    reopened: count.describe('Finished tasks that were asked to run again'),
    waitMilliseconds: percentiles.describe(
      'From submit, or from when it was due, to the start of the first attempt; null where none started',
    ),
    runMilliseconds: percentiles.describe('The attempts that ended their tasks; null where none did'),
    cost: costSchema(),
  });
});

/** What something costs, minute by minute. */
const costsSchema = once(() =>
  z
    .array(z.strictObject({ minute: z.iso.datetime(), ...costSchema().shape }))
    .describe('Its cost by the minute, of those in which it had some, oldest first'),
);

const statisticsSchema = once(() =>
  z
    .strictObject({
      from: z.iso.datetime(),
      to: z.iso.datetime(),
      total: countsSchema(),
      byType: z
        .array(z.strictObject({ type: z.string(), ...countsSchema().shape, costs: costsSchema() }))
        .describe('The same of each type of which something happened, by name'),
      byTenant: z
        .array(z.strictObject({ tenantId: z.string(), ...countsSchema().shape, costs: costsSchema() }))
        .optional()
        .describe('The same of each tenant of whom something happened, by name; with `tenants=all`'),
      tenantsLeftOut: z
        .int()
        .min(1)
        .optional()
        .describe(`So many tenants are not counted: more than ${MOST_TENANTS} are too many`),
      fixed: z
        .strictObject({ usdPerHour: z.number().min(0), usd: z.number().min(0) })
        .optional()
        .describe(
          'What the deployment costs whatever comes, an hour and in all of this time: alarms, polls, what is kept ready. An ' +
            'estimate at list prices, for keys with the scope `platform`; it is in no other cost',
        ),
      items: z
        .array(z.strictObject({ minute: z.iso.datetime(), ...countsSchema().shape }))
        .describe('The minutes in which something happened, oldest first'),
    })
    .meta({ id: 'Statistics' }),
);

export const getStatistics: Route = {
  operationId: 'getStatistics',
  summary: 'Count what happened to tasks, by minute',
  parameters: [
    queryParameter(
      'type',
      'Only tasks of this type; of all unless given, those that the deployment has no more among them',
      field('type'),
    ),
    queryParameter('from', 'From the minute of this time on; an hour before `to` unless given', field('from')),
    queryParameter(
      'to',
      `Before this time; now unless given. At most ${MAX_STATISTICS_HOURS} h after from`,
      field('to'),
    ),
    queryParameter('tenants', '`all`: of all tenants together and each; takes the scope `platform`', field('tenants')),
  ],
  response: {
    status: 200,
    description: `Some seconds behind, kept for ${STATISTICS_RETENTION_DAYS} days. Percentiles are within ${RELATIVE_ERROR * 100} %`,
    schema: statisticsSchema,
  },
  problems: ['invalid_request', 'unavailable'],

  async handle(request, { tenantId, scopes }, ports) {
    const range = rangeOf(request, ports.clock());
    const isPlatform = scopes.includes('platform');
    if (range.tenants === 'all' && !isPlatform) {
      throw new Problem('missing_scope', 'the statistics of all tenants take a key with the scope platform');
    }
    const known = range.tenants === 'all' ? await orUnavailable(ports.statistics.tenants()) : [tenantId];
    const tenants = known.toSorted().slice(0, MOST_TENANTS);
    const parts = (await mapConcurrently(tenants, PARALLEL, (tenant) => partsOf(tenant, range, ports))).flat();
    const minutes = byMinute(parts);
    const hours = (range.to - range.from) / HOUR;
    const usdPerHour = ports.fixedHourlyDollars;
    return {
      status: 200,
      body: compact({
        from: isoTime(range.from),
        to: isoTime(range.to),
        total: countsOf(sumOf(minutes.map(({ tally }) => tally))),
        byType: groupsOf(parts, ({ type }) => type).map(({ name, ...counts }) => ({ type: name, ...counts })),
        byTenant:
          range.tenants &&
          groupsOf(parts, (part) => part.tenantId).map(({ name, ...counts }) => ({ tenantId: name, ...counts })),
        tenantsLeftOut: known.length > tenants.length ? known.length - tenants.length : undefined,
        fixed: isPlatform ? { usdPerHour, usd: usdPerHour * hours } : undefined,
        items: minutes.map(({ minute, tally }) => ({ minute: isoTime(minute), ...countsOf(tally) })),
      }),
    };
  },
};

/** The minutes of one type of one tenant. */
type Part = { readonly tenantId: TenantId; readonly type: string; readonly minutes: readonly Minute[] };

/** Reads the minutes of a tenant, of each type in which there are some. */
async function partsOf(
  tenantId: TenantId,
  { type, from, to }: ReturnType<typeof rangeOf>,
  { statistics, catalog }: Pick<RouterPorts, 'statistics' | 'catalog'>,
): Promise<Part[]> {
  const types = type === undefined ? await typesOf(tenantId, statistics, catalog) : [type];
  const read = async (one: string) => ({
    tenantId,
    type: one,
    minutes: await statistics.minutes(tenantId, one, from, to),
  });
  return (await orUnavailable(Promise.all(types.map(read)))).filter(({ minutes }) => minutes.length > 0);
}

/** Adds parts up minute by minute, the oldest first. */
const byMinute = (parts: readonly Part[]): Minute[] =>
  [
    ...Map.groupBy(
      parts.flatMap(({ minutes }) => minutes),
      ({ minute }) => minute,
    ),
  ]
    .map(([minute, group]) => ({ minute, tally: sumOf(group.map(({ tally }) => tally)) }))
    .toSorted((one, other) => one.minute - other.minute);

/** Adds parts up by a name that each has, and says what each of these costs over time. */
const groupsOf = (parts: readonly Part[], nameOf: (part: Part) => string) =>
  [...Map.groupBy(parts, nameOf)]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, group]) => {
      const minutes = byMinute(group);
      const costs = minutes
        .filter(({ tally }) => (tally.nanodollars ?? 0) > 0)
        .map(({ minute, tally }) => ({ minute: isoTime(minute), ...costOf(tally) }));
      return { name, ...countsOf(sumOf(minutes.map(({ tally }) => tally))), costs };
    });

/** Returns the types that the deployment has, and those that the tenant has had tasks of before. */
async function typesOf(tenantId: TenantId, statistics: Statistics, catalog: TaskCatalog): Promise<readonly string[]> {
  return [...new Set([...Object.keys(catalog), ...(await orUnavailable(statistics.types(tenantId)))])];
}

/** Returns the whole minutes that the query asks for. Throws the problem of a range that is none, or is too long. */
function rangeOf(request: Request, now: number) {
  const { type, tenants, to = now, from = to - HOUR } = parseQuery(querySchema(), request);
  if (from >= to) throw invalidQuery([{ field: '/from', message: 'must be before to' }]);
  if (to - from > MAX_STATISTICS_HOURS * HOUR) {
    throw invalidQuery([{ field: '/from', message: `must be at most ${MAX_STATISTICS_HOURS} h before to` }]);
  }
  return { type, tenants, from: minuteOf(from), to: minuteOf(to + MINUTE - 1) };
}

function countsOf(tally: Tally): z.infer<ReturnType<typeof countsSchema>> {
  return {
    accepted: tally.accepted ?? 0,
    started: tally.started ?? 0,
    succeeded: tally.succeeded ?? 0,
    failed: tally.failed ?? 0,
    cancelled: tally.cancelled ?? 0,
    retried: tally.retried ?? 0,
    reopened: tally.reopened ?? 0,
    waitMilliseconds: percentilesOf(tally, 'wait'),
    runMilliseconds: percentilesOf(tally, 'run'),
    cost: costOf(tally),
  };
}

const costOf = (tally: Tally): z.infer<ReturnType<typeof costSchema>> => ({
  usd: dollarsOf(tally.nanodollars),
  computeUsd: dollarsOf(tally.computeNanodollars),
});

const NANODOLLARS = 1e9;
const dollarsOf = (nanodollars = 0): number => nanodollars / NANODOLLARS;

function percentilesOf(tally: Tally, name: 'wait' | 'run') {
  const sketch = sketchOf(tally, name);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((rank) => percentileOf(sketch, rank));
  return p50 === undefined || p95 === undefined || p99 === undefined ? null : { p50, p95, p99 };
}
