/** Writes a length of time in its largest units. */
export function lengthText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const minutes = Math.floor(seconds / 60);
  if (seconds < 3600) return `${minutes} min ${Math.round(seconds % 60)} s`.replace(' 0 s', '');
  const hours = Math.floor(seconds / 3600);
  return `${hours} h ${minutes % 60} min`.replace(' 0 min', '');
}
