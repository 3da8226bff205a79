import { MAX_ATTEMPTS, MAX_MESSAGES_WITHOUT_WINDOW, PRIORITIES } from '../../functions/contract.ts';
import { isIsolated } from '../../functions/resource-classes.ts';
import { MAX_RETENTION_DAYS } from '../config.ts';
import { MAX_WINDOW_SECONDS } from '../constructs/batch-window.ts';
import type { FoundDefinition } from './inspection.ts';

/** What of the resource classes of a deployment definitions are held against: how long an attempt may take. */
export type ClassLimits = Readonly<Record<string, { readonly timeoutSeconds: number }>>;

/** A batch has no more tasks than this: each is claimed and settled by itself, in the time that the leases of the others leave. */
const MAX_BATCH_SIZE = 1_000;

/** Types whose names begin so are Millrace's own: the deliveries to webhooks. */
const OWN_TYPE_PREFIX = 'millrace.';

const TYPE_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/** Says of each definition that could not run as it is what is wrong with it, in a sentence that begins with its file. */
export function problemsOf(definitions: readonly FoundDefinition[], classes: ClassLimits): string[] {
  const first = new Map<string, FoundDefinition>();
  return definitions.flatMap((definition) => {
    const { type, file, exportName } = definition;
    const other = first.get(type);
    if (other !== undefined) {
      const places = `in ${other.file} (${other.exportName}) and in ${file} (${exportName})`;
      return [`the task type ${type} is defined twice, ${places}: give one of them another name`];
    }
    first.set(type, definition);
    const problem = kindProblem(definition, classes) ?? limitProblem(definition, classes);
    return problem === undefined ? [] : [`${file}: ${problem}`];
  });
}

/** A type is a part of URLs and metrics; the other fields choose from a few, which a cast can get around. */
function kindProblem(
  { type, resources, priority, mistake }: FoundDefinition,
  classes: ClassLimits,
): string | undefined {
  const mustBe = (field: string, value: unknown, expected: string): string =>
    `the task type ${type} has the ${field} ${JSON.stringify(value)}, which must be ${expected}`;
  if (!TYPE_NAME.test(type))
    return mustBe('type', type, 'words of lower-case letters, digits and hyphens with dots between');
  if (type.startsWith(OWN_TYPE_PREFIX))
    return mustBe('type', type, `another name: those that begin with ${OWN_TYPE_PREFIX} are Millrace's own`);
  if (!Object.hasOwn(classes, resources))
    return mustBe('resources', resources, `one of ${Object.keys(classes).join(', ')}`);
  if (!PRIORITIES.includes(priority)) return mustBe('priority', priority, `one of ${PRIORITIES.join(', ')}`);
  return mistake;
}

const limitProblem = (definition: FoundDefinition, classes: ClassLimits): string | undefined =>
  timeoutProblem(definition, classes) ??
  retryProblem(definition) ??
  retentionProblem(definition) ??
  batchProblem(definition) ??
  credentialsProblem(definition);

function timeoutProblem(
  { type, resources, timeoutSeconds }: FoundDefinition,
  classes: ClassLimits,
): string | undefined {
  const asked = `the task type ${type} asks for timeoutSeconds ${timeoutSeconds}`;
  if (!(timeoutSeconds > 0)) return `${asked}, which must be more than 0`;
  const longest = classes[resources]?.timeoutSeconds ?? 0;
  if (timeoutSeconds > longest) return `${asked}, but its class ${resources} gives an attempt at most ${longest} s`;
  return undefined;
}

function retryProblem({ type, retry }: FoundDefinition): string | undefined {
  const asked = (field: keyof typeof retry, expected: string): string =>
    `the task type ${type} asks for retry.${field} ${retry?.[field]}, which must be ${expected}`;
  const maxAttempts = retry?.maxAttempts;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MAX_ATTEMPTS)
    return asked('maxAttempts', `a whole number from 1 to ${MAX_ATTEMPTS}`);
  const wrong = (['baseDelaySeconds', 'maxDelaySeconds'] as const).find(
    (field) => !(Number.isFinite(retry[field]) && retry[field] >= 0),
  );
  return wrong === undefined ? undefined : asked(wrong, 'a number that is not negative');
}

function retentionProblem({ type, retentionDays }: FoundDefinition): string | undefined {
  if (retentionDays === undefined) return undefined;
  if (Number.isInteger(retentionDays) && retentionDays >= 1 && retentionDays <= MAX_RETENTION_DAYS) return undefined;
  return `the task type ${type} asks for retentionDays ${retentionDays}, which must be a whole number from 1 to ${MAX_RETENTION_DAYS}`;
}

function batchProblem({ type, resources, batch, fansOut, isolated }: FoundDefinition): string | undefined {
  if (batch === undefined) return undefined;
  const asked = (field: keyof typeof batch, expected: string): string =>
    `the task type ${type} asks for batch.${field} ${batch[field]}, which must be ${expected}`;
  const { maxSize, windowSeconds } = batch;
  if (!Number.isInteger(maxSize) || maxSize < 1 || maxSize > MAX_BATCH_SIZE)
    return asked('maxSize', `a whole number from 1 to ${MAX_BATCH_SIZE}`);
  if (!Number.isInteger(windowSeconds) || windowSeconds < 0 || windowSeconds > MAX_WINDOW_SECONDS)
    return asked('windowSeconds', `a whole number from 0 to ${MAX_WINDOW_SECONDS}`);
  if (windowSeconds === 0 && maxSize > MAX_MESSAGES_WITHOUT_WINDOW)
    return asked('windowSeconds', `at least 1 for a maxSize over ${MAX_MESSAGES_WITHOUT_WINDOW}`);
  const both = (what: string): string => `the task type ${type} has batch, and ${what}: leave one of them out`;
  if (fansOut) return both('fanOut, which is for the outcome of one task');
  if (!isolated) return undefined;
  const why = isIsolated({ resources }) ? `, as types of ${resources} are unless they say isolated: false` : '';
  return both(`is isolated${why}, in a thread that runs one task at a time`);
}

/** Whoever says that a handler in the executor's own thread has none would be wrong. */
function credentialsProblem({ type, credentials, isolated }: FoundDefinition): string | undefined {
  if (credentials === undefined || isolated) return undefined;
  return `the task type ${type} says credentials: ${credentials}, and is not isolated: only a thread of its own can be without those of its class`;
}
