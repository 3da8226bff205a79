import type { OptionWord, Place } from './words.ts';

/** Writes the completion of fish: `millrace completion fish | source`. */
export function fishCompletion(places: readonly Place[]): string {
  const known = places.filter(({ at }) => at !== '').map(({ at }) => fishQuoted(at));
  const lines = places.flatMap(({ at, words, options }) => {
    const begin = `complete -c millrace -n ${fishQuoted(`__millrace_at ${fishQuoted(at)}`)}`;
    return [
      ...words.map(({ word, description }) => `${begin} -f -a ${word} -d ${fishQuoted(description)}`),
      ...options.map((option) => `${begin} ${optionText(option)}`),
    ];
  });
  return `# The completion of millrace for fish: millrace completion fish | source
function __millrace_at
  set -l at ''
  set -l tokens (commandline -opc)
  set -e tokens[1]
  for word in $tokens
    switch "$at $word"
      case ${known.join(' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

function optionText({ word, description, values, takesValue }: OptionWord): string {
  const taken = values.length === 0 ? ' -r' : ` -x -a ${fishQuoted(values.join(' '))}`;
  return `-l ${word.replace(/^--/, '')}${takesValue ? taken : ''} -d ${fishQuoted(description)}`;
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
