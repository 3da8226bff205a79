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

/** Returns the schema of a type's input in JSON Schema. Throws `definition_broken` where it cannot be written so. */
export function inputJsonSchema({ type, input }: TaskDefinition): Record<string, unknown> {
  try {
    return input['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  } catch (cause) {
    throw brokenDefinition(type, 'has a schema that cannot be shown', cause);
  }
}

/**
 * Returns the schema of a type's output in JSON Schema; `undefined` where it has none. Throws `definition_broken` where it cannot
 * be written so.
 */
export function outputJsonSchema({ type, output }: TaskDefinition): Record<string, unknown> | undefined {
  try {
    return output?.['~standard'].jsonSchema.output({ target: 'draft-2020-12' });
  } catch (cause) {
    throw brokenDefinition(type, 'has an output schema that cannot be shown', cause);
  }
}
