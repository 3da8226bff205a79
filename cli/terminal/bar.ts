const BAR_WIDTH = 20;

/** Draws a share, from 0 to 1, as a bar with its percentage. */
export function barOf(share: number): string {
  const filled = Math.round(share * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${Math.floor(share * 100)} %`;
}

const NUMBERS = new Intl.NumberFormat('en-US');

/** Writes a large number with commas. */
export const numberText = (value: number): string => NUMBERS.format(value);
