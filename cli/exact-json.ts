import { changedNumberErrors, withChangedNumbers } from '../functions/router/http/changed-numbers.ts';
import { repeatedNameErrors, shapeOf } from '../functions/router/http/repeated-names.ts';

/** Says why a text is not read as JSON. */
export class InexactJson extends Error {}

/**
 * Reads JSON that means what it says. Throws `InexactJson` where it is none, and where a reader would lose digits of a number or one
 * of two members of a name: the API refuses these by their text, which it does not see of a command's.
 */
export function parseExactJson(text: string): unknown {
  const value = jsonOf(text);
  const marked = withChangedNumbers(text);
  if (marked !== undefined) {
    const [first] = changedNumberErrors(marked);
    throw new InexactJson(
      first === undefined ? 'it has a number that would be read as another: send it as text' : told(first),
    );
  }
  const [first] = repeatedNameErrors(text, value, shapeOf(text).names);
  if (first !== undefined) throw new InexactJson(told(first));
  return value;
}

const told = ({ field, message }: { readonly field: string; readonly message: string }): string =>
  `${field} ${message}`.trim();

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InexactJson(`it is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
