import { quoted } from './quoted.ts';
import type { Place, Word } from './words.ts';

/** Writes the completion of zsh: a file `_millrace` in a folder of `fpath`, or `source <(millrace completion zsh)`. */
export function zshCompletion(places: readonly Place[]): string {
  const known = places.filter(({ at }) => at !== '').map(({ at }) => quoted(at));
  const values = places.flatMap(({ at, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => {
        const complete = option.values.length === 0 ? '_files' : `compadd -- ${option.values.map(quoted).join(' ')}`;
        return `    (${quoted(`${at} ${option.word}`)}) ${complete}; return ;;`;
      }),
  );
  const words = places.map(
    ({ at, words: others, options }) =>
      `    (${quoted(at)}) choices=(${[...others, ...options].map(described).join(' ')}) ;;`,
  );
  return `#compdef millrace
# The completion of millrace for zsh: source <(millrace completion zsh), or a file _millrace in a folder of fpath.
_millrace() {
  local word at=''
  local -a choices
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      (${known.join('|')}) at="$at $word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  _describe millrace choices || _files
}
if [[ "\${funcstack[1]}" = _millrace ]]; then _millrace "$@"; else compdef _millrace millrace; fi
`;
}

/** Writes a word with what it means; a colon stands between them. */
const described = ({ word, description }: Word): string => quoted(`${word.replaceAll(':', '\\:')}:${description}`);
