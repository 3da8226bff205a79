import type { TaskCatalog, TaskDefinition } from '../../core/define-task.ts';
import {
  type BrokenDefinition,
  brokenDefinition,
  findDefinition,
  isBrokenDefinition,
} from '../../core/definition/find-definition.ts';
import type { Log } from '../../core/ports.ts';

/** A type whose definition is broken, and what is wrong with it. */
export type BrokenType = { readonly type: string; readonly reason: string };

/**
 * Returns what `make` makes of each definition of a deployment, in the order of the catalog. One that is broken costs nobody the
 * others: it is told apart, and a line of the log has its stack. Throws `definition_broken` where all are: then nothing can run.
 */
export async function ofAllDefinitions<Made>(
  { catalog, log }: { readonly catalog: TaskCatalog; readonly log: Log },
  make: (definition: TaskDefinition) => Made | Promise<Made>,
): Promise<{ readonly made: readonly Made[]; readonly broken: readonly BrokenType[] }> {
  const failures: BrokenDefinition[] = [];
  const made = await Promise.all(
    Object.keys(catalog).map(async (type): Promise<readonly Made[]> => {
      try {
        const definition = await findDefinition(catalog, type);
        if (definition === undefined) {
          throw brokenDefinition(type, 'cannot be loaded', 'its module does not have it');
        }
        return [await make(definition)];
      } catch (error) {
        if (!isBrokenDefinition(error)) throw error;
        const { cause } = error;
        log('error', 'definition not loaded', {
          task_type: type,
          reason: cause instanceof Error ? cause.stack : cause,
        });
        failures.push(error);
        return [];
      }
    }),
  );
  if (failures.length > 0 && failures.length === made.length) throw failures[0];
  return { made: made.flat(), broken: failures.map(({ type, message }) => ({ type, reason: message })) };
}

type JsonSchema = Record<string, unknown>;

const DRAFT = { target: 'draft-2020-12' } as const;

/** Returns the schema of a type's input in JSON Schema. Throws `definition_broken` where it cannot be written so. */
export const inputJsonSchema = ({ type, input }: TaskDefinition): JsonSchema =>
  written(type, 'a schema', () => input['~standard'].jsonSchema.input(DRAFT));

/**
 * Returns the schema of a type's output in JSON Schema; `undefined` where it has none. Throws `definition_broken` where it cannot
 * be written so.
 */
export const outputJsonSchema = ({ type, output }: TaskDefinition): JsonSchema | undefined =>
  written(type, 'an output schema', () => output?.['~standard'].jsonSchema.output(DRAFT));

function written<Written>(type: string, what: string, write: () => Written): Written {
  try {
    return write();
  } catch (cause) {
    throw brokenDefinition(type, `has ${what} that cannot be shown`, cause);
  }
}

/** Returns a schema of a type as a part of another document. Its own references stay within it, by an id of its own. */
export function embedded(id: string, { $schema: _, ...schema }: JsonSchema): JsonSchema {
  return JSON.stringify(schema).includes('"$ref"') ? { $id: `urn:millrace:${id}`, ...schema } : schema;
}
