/**
 * Imports the modules that a request names, which `inspection.ts` writes to it, and tells on a pipe of its own what they export.
 * It is a program: what it imports may do whatever it likes.
 */
import { readFileSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { compact } from '../../functions/core/compact.ts';
import type { TaskDefinition } from '../../functions/core/define-task.ts';
import { scheduleProblem } from '../../functions/core/schedule/declared-schedule.ts';
import { issueTexts } from '../../functions/core/zod-messages.ts';
import { isIsolated } from '../../functions/resource-classes.ts';
import { importFailure, LateImport } from './import-failure.ts';
import type { FoundDefinition, InspectionReport, InspectionRequest } from './inspection.ts';
import { jsonSchemaOf, type WritableSchema } from './json-schema.ts';
import type { Module } from './module-build.ts';

const REPORTS = 3;
const { project, modules, importSeconds }: InspectionRequest = JSON.parse(readFileSync(0, 'utf8'));

let importing = '';
/** Several modules fail for one reason where they import the same. */
const reasons = new Set<string>();

function fail(error: unknown): void {
  const reason = importFailure(error, project);
  if (!reasons.has(reason)) tell({ kind: 'failed', sentence: `${importing} cannot be imported: ${reason}` });
  reasons.add(reason);
}

/** JSON has no NaN, and none of the others that a number may be by mistake: each is told by its name. */
function tell(report: InspectionReport): void {
  const named = (_: string, value: unknown): unknown =>
    typeof value === 'function' || (typeof value === 'number' && !Number.isFinite(value)) ? String(value) : value;
  writeSync(REPORTS, `${JSON.stringify(report, named)}\n`);
}

function end(): never {
  tell({ kind: 'ended' });
  // A connection or a timer of a module would keep this process.
  process.exit();
}

process.on('uncaughtException', (error) => {
  fail(error);
  end();
});

type Definition = Record<string, unknown> & { readonly type: string };

/**
 * A definition is known by its parts, so that one needs no `defineTask` to be found; one whose parts are wrong, or of which the handler
 * or the input is missing, is told of. A schema may have parts of these names, too.
 */
const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' &&
  value !== null &&
  !('~standard' in value) &&
  'type' in value &&
  ('input' in value || 'run' in value);

/** So deep within what is exported definitions are looked for. */
const LEVELS = 3;

/** Returns the definitions in a list, a map or a plain object. What only resembles one is left alone: nobody has exported it as such. */
function definitionsWithin(value: unknown, levels = LEVELS): Definition[] {
  if (levels === 0 || isDefinition(value)) return [];
  return partsOf(value).flatMap((part) =>
    isDefinition(part) && typeof part.run === 'function' && isSchema(part.input)
      ? [part]
      : definitionsWithin(part, levels - 1),
  );
}

function partsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof Map || value instanceof Set) return [...value.values()];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return [];
  try {
    return Object.values(value);
  } catch {
    // A getter throws: whatever it would give is not data.
    return [];
  }
}

/** Of a CommonJS module, `default` is all that it exports: a definition itself, or an object of them. */
function exportsOf(namespace: Record<string, unknown>, { isCommonJs }: Module): [string, unknown][] {
  const whole = namespace.default;
  if (!isCommonJs || typeof whole !== 'object' || whole === null) return Object.entries(namespace);
  return isDefinition(whole) ? [['default', whole]] : Object.entries(whole);
}

const isSchema = (value: unknown): boolean => (value as WritableSchema | undefined)?.['~standard'] !== undefined;

async function factsOf(definition: Definition, file: string, exportName: string): Promise<FoundDefinition> {
  const { type, description, resources, priority, timeoutSeconds, retry, retentionDays } = definition;
  const { batch, schedule, credentials, fanOut } = definition;
  const limits = { timeoutSeconds, retry, retentionDays, batch, credentials };
  const facts = { type, description, resources, priority, ...limits, file, exportName };
  const computed = { isolated: isIsolated(definition as TaskDefinition), fansOut: fanOut !== undefined };
  const schemas = schemasOf(definition);
  const mistake = schemas.mistake ?? (await scheduleMistake(definition));
  return { ...facts, ...computed, ...schemas, ...compact({ schedule, mistake }) } as FoundDefinition;
}

/** Says what is wrong with the schedules of a definition, whose inputs its own schema has to take. */
async function scheduleMistake({ type, schedule, input }: Definition): Promise<string | undefined> {
  const problem = await scheduleProblem(schedule, async (value) => {
    const { issues } = await (input as TaskDefinition['input'])['~standard'].validate(value);
    return issues && issueTexts(issues);
  });
  return problem && `the task type ${type} has ${problem}`;
}

/** Writes the schemas as JSON Schema, which the API shows; or says what is wrong with them, or with the handler. */
function schemasOf({ type, input, output, run }: Definition): Partial<FoundDefinition> {
  const mustBe = (field: string, value: unknown, expected: string): { mistake: string } => ({
    mistake: `the task type ${type} has the ${field} ${JSON.stringify(value)}, which must be ${expected}`,
  });
  if (typeof run !== 'function') return mustBe('run', run, 'a function');
  if (!isSchema(input)) return mustBe('input', input, 'a schema, such as z.strictObject({ ... })');
  if (output !== undefined && !isSchema(output))
    return mustBe('output', output, 'a schema, such as z.strictObject({ ... })');
  const written = (field: 'input' | 'output', schema: WritableSchema): Record<string, unknown> => {
    try {
      return { [`${field}Schema`]: jsonSchemaOf(schema, field) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { mistake: `the ${field} schema of the task type ${type} cannot become JSON Schema: ${reason}` };
    }
  };
  const outputSchema = output === undefined ? {} : written('output', output as WritableSchema);
  return { ...outputSchema, ...written('input', input as WritableSchema) };
}

async function imported({ bundle }: Module): Promise<Record<string, unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const sentence = `it has not come to its end within ${importSeconds} s: an \`await\` at its top level may never be answered`;
    timer = setTimeout(reject, importSeconds * 1000, new LateImport(sentence));
  });
  return Promise.race([import(pathToFileURL(bundle).href), late]).finally(() => clearTimeout(timer));
}

const seen = new Set<unknown>();
/** Definitions that stand within something that is exported, and where: some may be exported by themselves elsewhere. */
const within = new Map<Definition, { readonly file: string; readonly exportName: string }>();
for (const module of modules) {
  importing = module.file;
  tell({ kind: 'importing', file: importing });
  try {
    for (const [exportName, value] of exportsOf(await imported(module), module)) {
      for (const definition of definitionsWithin(value)) within.set(definition, { file: module.file, exportName });
      if (!isDefinition(value) || seen.has(value)) continue;
      seen.add(value);
      tell({ kind: 'found', definition: await factsOf(value, module.file, exportName) });
    }
  } catch (error) {
    fail(error);
    // Whatever imports this module waits for it, too.
    if (error instanceof LateImport) end();
  }
}
for (const [definition, { file, exportName }] of within) {
  if (seen.has(definition)) continue;
  const place = `stands in the export ${exportName}, and is exported by itself nowhere`;
  tell({
    kind: 'failed',
    sentence: `${file}: the task type ${definition.type} ${place}: write \`export const\` before it`,
  });
}
end();
