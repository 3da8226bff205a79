import type { ComponentChildren } from 'preact';

export type Column<Row> = {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** `number` stands to the right, `wide` is left out on a narrow screen. */
  readonly class?: string;
};

type TableCardProps<Row> = {
  readonly caption: ComponentChildren;
  /** Whether the caption only tells a screen reader what the page says already. */
  readonly isCaptionUnseen?: boolean;
  readonly class?: string;
  /** The first names the row. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
};

/** Shows rows of one kind, in columns. */
export function TableCard<Row>(props: TableCardProps<Row>) {
  const { caption, isCaptionUnseen = false, columns, rows, keyOf } = props;
  const [name, ...others] = columns;
  return (
    <div class="card table-card">
      <table class={props.class}>
        <caption class={isCaptionUnseen ? 'unseen' : undefined}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" class={column.class}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              <th scope="row">{name?.cell(row)}</th>
              {others.map((column) => (
                <td key={column.head} class={column.class}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
