/** Where in the console the reader is: what stands behind `#` in the address. */
export type Route =
  | { readonly page: 'overview' | (typeof PLAIN)[number] }
  | { readonly page: 'tasks'; readonly filter: TaskFilter }
  | { readonly page: 'audit'; readonly filter: AuditFilter }
  | { readonly page: 'task'; readonly id: string }
  | { readonly page: 'retry'; readonly id: string }
  | { readonly page: 'lane'; readonly name: string }
  | { readonly page: 'letter'; readonly lane: string; readonly id: string }
  | { readonly page: 'type'; readonly type: string }
  | { readonly page: 'schedule'; readonly id: string }
  | { readonly page: 'webhook'; readonly id: string }
  | { readonly page: 'bulk-action'; readonly id: string }
  | { readonly page: 'schedule-form'; readonly id?: string | undefined; readonly type?: string | undefined }
  | { readonly page: 'submit'; readonly type?: string | undefined; readonly copyOf?: string | undefined }
  | { readonly page: 'unknown' };

/** What the task list can be narrowed to, by the names of the API's parameters. */
export const FILTERS = [
  ...(['status', 'type', 'errorCode', 'createdFrom', 'createdTo'] as const),
  ...(['assigneeType', 'assigneeId', 'workflowInstanceId', 'tag'] as const),
] as const;
export type TaskFilter = Readonly<Partial<Record<(typeof FILTERS)[number], string>>>;

/** What filters are called, for people. */
export const FILTER_LABELS: Readonly<Record<(typeof FILTERS)[number], string>> = {
  status: 'Status',
  type: 'Type',
  errorCode: 'Error code',
  createdFrom: 'Created from',
  createdTo: 'Created before',
  assigneeType: 'Assignee type',
  assigneeId: 'Assignee id',
  workflowInstanceId: 'Workflow',
  tag: 'Tag',
};

/** What the audit can be narrowed to, by the names of the API's parameters. */
const AUDIT_FILTERS = ['actor', 'action', 'from', 'to'] as const;
export type AuditFilter = Readonly<Partial<Record<(typeof AUDIT_FILTERS)[number], string>>>;

/** Reads the part of an address from `#` on. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [page = '', ...rest] = path.split('/');
  const name = decoded(rest.join('/'));
  if (name === undefined) return { page: 'unknown' };
  if (name !== '') return namedRoute(page, name);
  const parameters = new URLSearchParams(query);
  if (page === '') return { page: 'overview' };
  if (isPlain(page)) return { page };
  if (page === 'tasks') return { page, filter: given(parameters, FILTERS) };
  if (page === 'audit') return { page, filter: given(parameters, AUDIT_FILTERS) };
  if (page === 'schedule-form') return { page, ...given(parameters, ['id', 'type']) };
  if (page === 'letter') return { page, lane: parameters.get('lane') ?? '', id: parameters.get('id') ?? '' };
  if (page === 'submit') return { page, ...given(parameters, ['type', 'copyOf']) };
  return { page: 'unknown' };
}

/** These pages are named by their name alone. */
const PLAIN = ['lanes', 'types', 'schedules', 'webhooks', 'webhook-form', 'keys', 'bulk-actions'] as const;

const isPlain = (page: string): page is (typeof PLAIN)[number] => PLAIN.some((one) => one === page);

function namedRoute(page: string, name: string): Route {
  if (page === 'tasks') return { page: 'task', id: name };
  if (page === 'retry') return { page, id: name };
  if (page === 'lanes') return { page: 'lane', name };
  if (page === 'types') return { page: 'type', type: name };
  if (page === 'schedules') return { page: 'schedule', id: name };
  if (page === 'webhooks') return { page: 'webhook', id: name };
  if (page === 'bulk-actions') return { page: 'bulk-action', id: name };
  return { page: 'unknown' };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Reads from a query the parameters that are known and not empty. */
const given = (parameters: URLSearchParams, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = parameters.get(name) ?? '';
      return value === '' ? [] : [[name, value]];
    }),
  );

/** Returns the address of a place, from `#` on: the inverse of `parseRoute`. */
export function hrefOf(route: Route): string {
  switch (route.page) {
    case 'overview':
    case 'unknown':
      return '#/';
    case 'lanes':
    case 'types':
    case 'schedules':
    case 'webhooks':
    case 'webhook-form':
    case 'keys':
    case 'bulk-actions':
      return `#/${route.page}`;
    case 'tasks':
    case 'audit':
      return `#/${route.page}${queryOf(route.filter)}`;
    case 'task':
      return `#/tasks/${encodeURIComponent(route.id)}`;
    case 'retry':
      return `#/retry/${encodeURIComponent(route.id)}`;
    case 'lane':
      return `#/lanes/${encodeURIComponent(route.name)}`;
    case 'letter':
      return `#/letter${queryOf({ lane: route.lane, id: route.id })}`;
    case 'type':
      return `#/types/${encodeURIComponent(route.type)}`;
    case 'schedule':
      return `#/schedules/${encodeURIComponent(route.id)}`;
    case 'webhook':
      return `#/webhooks/${encodeURIComponent(route.id)}`;
    case 'bulk-action':
      return `#/bulk-actions/${encodeURIComponent(route.id)}`;
    case 'schedule-form':
      return `#/schedule-form${queryOf({ id: route.id, type: route.type })}`;
    case 'submit':
      return `#/submit${queryOf({ type: route.type, copyOf: route.copyOf })}`;
  }
}

/** Writes what is given as `?a=b&c=d`, and nothing where nothing is. */
export function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(Object.fromEntries(given))}`;
}
