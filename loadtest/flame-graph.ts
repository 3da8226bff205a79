/** A function that was called, by whom, and what it took: itself, and with all that it called. */
export type Call = {
  readonly name: string;
  /** The part of the code that it is of: a package, a folder of `functions/`, a module of Node, or what V8 does. */
  readonly part: string;
  self: number;
  total: number;
  readonly calls: Map<string, Call>;
};

const WIDTH = 1_200;
const ROW_HEIGHT = 16;
const HEADER_HEIGHT = 28;
/** Nobody can see what is narrower. */
const LEAST_WIDTH = 0.8;
/** A name is written where there is room for so many pixels, a character taking about so many. */
const LEAST_NAMED_WIDTH = 24;
const CHARACTER_WIDTH = 6.2;

/** Colours by the part of the code: our own, the SDK, other packages, Node, and collecting garbage. */
const COLOURS: readonly (readonly [part: RegExp, colour: string])[] = [
  [/^functions\//, '#7fb3d5'],
  [/^@(aws-sdk|smithy)\//, '#f5b971'],
  [/^(node:|\(program)/, '#cfd4d8'],
  [/^\(garbage/, '#e58f8f'],
];
const OTHER_COLOUR = '#b5d6a7';

/** Draws calls as a flame graph: what is called lies on its caller, as wide as the time that it takes. */
export function flameGraph(root: Call, title: string): string {
  const boxes: string[] = [];
  let levels = 0;
  const scale = WIDTH / root.total;
  const draw = (call: Call, left: number, level: number): void => {
    const width = call.total * scale;
    if (width < LEAST_WIDTH) return;
    levels = Math.max(levels, level + 1);
    boxes.push(boxOf(call, left, level, width, (100 * call.total) / root.total));
    let at = left;
    for (const inner of [...call.calls.values()].sort((a, b) => b.total - a.total)) {
      draw(inner, at, level + 1);
      at += inner.total * scale;
    }
  };
  draw(root, 0, 0);
  const height = HEADER_HEIGHT + levels * ROW_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/><text x="4" y="18" font-size="14">${escaped(title)}</text>`,
    ...boxes,
    '</svg>\n',
  ].join('\n');
}

/** Draws one call; whoever points at it reads its part and its share. */
function boxOf({ name, part }: Call, left: number, level: number, width: number, percent: number): string {
  const top = HEADER_HEIGHT + level * ROW_HEIGHT;
  const colour = COLOURS.find(([pattern]) => pattern.test(part))?.[1] ?? OTHER_COLOUR;
  const shown = width < LEAST_NAMED_WIDTH ? '' : name.slice(0, Math.floor((width - 4) / CHARACTER_WIDTH));
  const label = shown && `<text x="${(left + 2).toFixed(1)}" y="${top + 12}">${escaped(shown)}</text>`;
  const box = `<rect x="${left.toFixed(1)}" y="${top}" width="${Math.max(0.5, width - 0.5).toFixed(1)}" height="15" fill="${colour}"/>`;
  return `<g><title>${escaped(`${name} (${part}) ${percent.toFixed(1)} %`)}</title>${box}${label}</g>`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
