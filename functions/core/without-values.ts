const QUOTED = /"(?:[^"\\]|\\.)*"?|`[^`]*`?|(?<!\w)'[^']*'(?!\w)|“[^”]*”?|„[^“”]*[“”]?|«[^»]*»?/gu;
const BEHIND_HOST = /([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@]*@)?([^\s/?#,;)]*)[/?#][^\s,;)]*/gi;
const DETAILS = /[:;]\s.*|\s\(.*/su;
const MAX_CHARACTERS = 200;

/**
 * Returns what a message says without the values that it names: an input may be anybody's secret, and traces, events and the
 * counts of the log are read by more people than a task is. Details stand behind a colon or in parentheses, values in quotes,
 * and of an address all but its host is a value.
 */
export function withoutValues(message: string): string {
  const said = message.replace(BEHIND_HOST, '$1$2/…').replace(QUOTED, '"…"').replace(DETAILS, '');
  return said.length > MAX_CHARACTERS ? `${said.slice(0, MAX_CHARACTERS - 1)}…`.toWellFormed() : said;
}
