import { quoted } from './quoted.ts';
import type { Place } from './words.ts';

/** Writes the completion of bash: `source <(millrace completion bash)`. */
export function bashCompletion(places: readonly Place[]): string {
  const known = places.filter(({ at }) => at !== '').map(({ at }) => quoted(at));
  const values = places.flatMap(({ at, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => `    ${quoted(`${at} ${option.word}`)}) choices=${quoted(option.values.join(' '))} ;;`),
  );
  const words = places.map(
    ({ at, words: others, options }) =>
      `      ${quoted(at)}) choices=${quoted([...others, ...options].map(({ word }) => word).join(' '))} ;;`,
  );
  return `# The completion of millrace for bash: source <(millrace completion bash)
_millrace() {
  local word at='' choices=''
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${known.join('|')}) at="$at $word" ;;
    esac
  done
  case "$at $previous" in
${values.join('\n')}
    *) case "$at" in
${words.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$current"))
}
complete -o default -F _millrace millrace
`;
}
