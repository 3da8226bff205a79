const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A text as a page may hold it. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '');

const FEW = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const MANY = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A value as it is read: no more digits than say something. */
export function shown(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return escaped(value);
  return (Math.abs(value) >= 100 ? MANY : FEW).format(value);
}

export type Cell = string | number | null | undefined;

/** A table with its title; the first column names its row. */
export function table(title: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '';
  const head = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('');
  const body = rows.map(([name, ...cells]) => {
    const values = cells.map((cell) => `<td>${shown(cell)}</td>`).join('');
    return `<tr><th scope="row">${shown(name)}</th>${values}</tr>`;
  });
  return `<section class="card">
<h2>${escaped(title)}</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>
</section>`;
}
