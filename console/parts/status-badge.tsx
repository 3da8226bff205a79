/** A status by word, and by the colour of a dot beside it. */
export const StatusBadge = ({ status }: { status: string }) => <span class={`badge status-${status}`}>{status}</span>;
