/** Writes a text as a word of bash or zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
