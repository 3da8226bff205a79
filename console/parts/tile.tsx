type TileProps = {
  readonly name: string;
  readonly value: string;
  readonly note?: string | undefined;
  /** Whether someone should look. */
  readonly isBad?: boolean;
};

/** One number, within a list of them. */
export const Tile = ({ name, value, note, isBad = false }: TileProps) => (
  <div class={isBad ? 'card tile bad' : 'card tile'}>
    <dt>{name}</dt>
    <dd>
      {value}
      {note !== undefined && <small class="muted">{note}</small>}
    </dd>
  </div>
);
