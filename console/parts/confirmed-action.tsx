import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { ApiFailure } from '../api/problem.ts';
import { FailureNotice } from './failure-notice.tsx';

type ConfirmedActionProps = {
  /** The button says this, and so does the one that confirms. */
  readonly label: string;
  /** What the action is done to, for whoever only hears of one button among many. */
  readonly of?: string;
  readonly isDangerous?: boolean;
  readonly question: string;
  /** Whether it can be confirmed: what the reader has to know may not be there yet. */
  readonly isReady?: boolean;
  /** Is called when the question is put. */
  readonly onOpen?: () => void;
  /** The reader is told what will come of it. */
  readonly children: ComponentChildren;
  /** Throws `ApiFailure`, which the dialog shows. */
  readonly act: () => Promise<void>;
};

/** Shows a button that asks before it acts. */
export function ConfirmedAction(props: ConfirmedActionProps) {
  const { label, of, isDangerous = false, question, isReady = true, onOpen, children, act } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();
  const tone = isDangerous ? 'danger' : '';

  const open = (): void => {
    setFailure(undefined);
    onOpen?.();
    dialog.current?.showModal();
  };
  const confirm = async (): Promise<void> => {
    if (isBusy || !isReady) return;
    setBusy(true);
    try {
      await act();
      dialog.current?.close();
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" class={tone} onClick={open}>
        {label}
        {of !== undefined && <span class="unseen"> {of}</span>}
      </button>
      <dialog ref={dialog} aria-labelledby={titleId}>
        <h2 id={titleId}>{question}</h2>
        <div class="explanation">{children}</div>
        {failure !== undefined && <FailureNotice failure={failure} />}
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Go back
          </button>
          <button
            type="button"
            class={isDangerous ? 'danger' : 'primary'}
            aria-disabled={isBusy || !isReady}
            onClick={confirm}
          >
            {label}
          </button>
        </div>
      </dialog>
    </>
  );
}
