import type { ComponentChildren } from 'preact';
import { FailureNotice } from './failure-notice.tsx';
import type { Live } from './live.ts';

type LiveContentProps<T> = {
  readonly live: Live<T>;
  /** Is said while it is loaded for the first time, where that may take a while. */
  readonly loading?: string;
  readonly children: (data: T) => ComponentChildren;
};

/** Shows what was loaded, with why it is not fresh where the latest load failed; before it is there, that it is coming. */
export function LiveContent<T>({ live: { data, failure, refresh }, loading, children }: LiveContentProps<T>) {
  return (
    <>
      {failure !== undefined && <FailureNotice failure={failure} onRetry={refresh} />}
      {data !== undefined && children(data)}
      {data === undefined && failure === undefined && <Loading sentence={loading} />}
    </>
  );
}

export const Loading = ({ sentence = 'Loading…' }: { sentence?: string | undefined }) => (
  <p class="loading" role="status">
    {sentence}
  </p>
);
