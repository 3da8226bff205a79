import { Option } from '@commander-js/extra-typings';
import type { Definition, DefinitionSettings } from '../../client/answers.ts';
import type { DefinitionChange } from '../../client/client.ts';
import { type ApiOptions, apiCommand, clientOf } from '../api-command.ts';
import { deploymentOf } from '../deployment/find-deployment.ts';
import { lengthText } from '../length-text.ts';
import { ArgumentError, npmCommand, runnable } from '../npm-command.ts';
import { countOf, secondsOf } from '../option-values.ts';
import { saveDefinitions } from '../save-definitions.ts';
import { note, printFacts, printJson, printTable, printValue } from '../terminal/print.ts';
import type { Cell } from '../terminal/table.ts';

const HEADS = ['TYPE', 'PAUSED', 'PRIORITY', 'TIMEOUT', 'ATTEMPTS', 'CLASS', 'DESCRIPTION'];

const list = apiCommand('list', 'Lists the task types of the deployment.').action(async (options) => {
  const { items, broken = [] } = await (await clientOf(options)).definitions();
  if (options.json === true) for (const item of items) printJson(item);
  else printTable([HEADS, ...items.map(rowOf)]);
  for (const { type, reason } of broken) note(`${type} cannot be loaded: ${reason}`);
});

const get = apiCommand('get', 'Shows a task type, with what its input and output have to be.')
  .argument('<type>', 'which type')
  .action(async (type, options) => {
    const definition = await (await clientOf(options)).definition(type);
    if (options.json === true) printJson(definition);
    else printDefinition(definition);
  });

const pause = apiCommand('pause', 'Lets no task of a type begin, until it is resumed.')
  .argument('<type>', 'which type')
  .action((type, options) => change(type, { paused: true }, options));

const resume = apiCommand('resume', 'Lets tasks of a type begin again.')
  .argument('<type>', 'which type')
  .action((type, options) => change(type, { paused: null }, options));

const save = apiCommand(
  'save',
  'Writes down what is deployed, so that the next synth warns of what would hurt tasks that wait.',
)
  .argument('[deployment]', 'its name, as the construct has it (default: with --local its own, otherwise millrace)')
  .action(async (given, options) => {
    const name = given ?? (await deploymentOf(options)).name ?? 'millrace';
    note(await saveDefinitions(await clientOf(options), name, new Date().toISOString()));
  });

/** Puts a setting back to that of the definition. Commander takes no `null` of a parser. */
const AS_DEFINED = 'default';

const orAsDefined =
  <Value>(parse: (text: string) => Value) =>
  (text: string): Value | typeof AS_DEFINED =>
    text === AS_DEFINED ? AS_DEFINED : parse(text);

const changeOf = <Value>(value: Value | typeof AS_DEFINED): Value | null => (value === AS_DEFINED ? null : value);

const tune = apiCommand(
  'tune',
  'Changes a task type without a deploy; `default` puts a setting back to its definition.',
)
  .argument('<type>', 'which type')
  .addOption(new Option('--priority <priority>', 'of its tasks').choices(['high', 'normal', 'low', AS_DEFINED]))
  .option('--attempts <count>', 'how often a task is tried at most', orAsDefined(countOf('attempts')))
  .option('--attempt-timeout <time>', 'how long one attempt may take', orAsDefined(secondsOf('attempt-timeout')))
  .action((type, options) => {
    const changed = {
      priority: changeOf(options.priority),
      maxAttempts: changeOf(options.attempts),
      timeoutSeconds: changeOf(options.attemptTimeout),
    };
    if (Object.values(changed).every((value) => value === undefined)) {
      throw new ArgumentError('There is nothing to change: give --priority, --attempts or --attempt-timeout.');
    }
    return change(type, changed, options);
  });

const definitionsCommand = npmCommand('millrace definitions', 'Shows the task types, and pauses and tunes them.')
  .addCommand(list, { isDefault: true })
  .addCommand(get)
  .addCommand(save)
  .addCommand(pause)
  .addCommand(resume)
  .addCommand(tune);

/** Is the command `millrace definitions`. */
export const definitions = runnable(definitionsCommand);

async function change(type: string, changed: DefinitionChange, options: ApiOptions): Promise<void> {
  const definition = await (await clientOf(options)).changeDefinition(type, changed);
  if (options.json === true) printJson(definition);
  else printTable([HEADS, rowOf(definition)]);
}

/** Shows a type as a row; what is not as its definition says has a star. */
function rowOf(definition: Definition): Cell[] {
  const { type, paused, priority, timeoutSeconds, retry, resources, description, settings } = definition;
  const starred = (name: keyof DefinitionSettings, text: string): string =>
    settings[name] === undefined ? text : `${text}*`;
  return [
    type,
    paused ? { text: 'paused', colour: 'yellow' } : '-',
    starred('priority', priority),
    starred('timeoutSeconds', lengthText(timeoutSeconds)),
    starred('maxAttempts', String(retry.maxAttempts)),
    resources,
    description,
  ];
}

function printDefinition(definition: Definition): void {
  const { retry, retentionDays, batch, settings } = definition;
  const delays = `${lengthText(retry.baseDelaySeconds)} to ${lengthText(retry.maxDelaySeconds)} apart`;
  printFacts({
    type: definition.type,
    description: definition.description,
    class: definition.resources,
    paused: definition.paused ? { text: 'yes', colour: 'yellow' } : 'no',
    priority: definition.priority,
    timeout: lengthText(definition.timeoutSeconds),
    attempts: `${retry.maxAttempts}, ${delays}`,
    kept: retentionDays === undefined ? undefined : `${retentionDays} days after its end`,
    batch: batch && `up to ${batch.maxSize}, gathered for ${lengthText(batch.windowSeconds)}`,
    tuned: Object.keys(settings).length === 0 ? undefined : Object.keys(settings).join(', '),
  });
  printValue('input', definition.inputSchema);
  if (definition.outputSchema !== undefined) printValue('output', definition.outputSchema);
}
