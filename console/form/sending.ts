import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ApiFailure, type FieldError } from '../api/problem.ts';

export type Sending = {
  readonly form: RefObject<HTMLFormElement>;
  readonly isBusy: boolean;
  /** What is wrong with fields, found here or by the API. */
  readonly errors: readonly FieldError[];
  /** The API has refused the latest try with this. */
  readonly failure: ApiFailure | undefined;
  /** Shows what is wrong, and leads to the first field of it. */
  readonly show: (errors: readonly FieldError[]) => void;
  /** Does what a submit of the form is for, unless a field is `wrong`, or one is under way. */
  readonly send: (event: Event, wrong: readonly FieldError[], act: () => Promise<void>) => Promise<void>;
};

/** Keeps how far a form is with being sent, and what came of it. */
export function useSending(): Sending {
  const form = useRef<HTMLFormElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [{ errors, failure }, setResult] = useState<Pick<Sending, 'errors' | 'failure'>>(NOTHING_WRONG);
  const tell = (result: Pick<Sending, 'errors' | 'failure'>): void => {
    setResult(result);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const show: Sending['show'] = (found) => tell({ errors: found, failure: undefined });
  const send: Sending['send'] = async (event, wrong, act) => {
    event.preventDefault();
    if (isBusy) return;
    if (wrong.length > 0) return show(wrong);
    setBusy(true);
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      tell({ errors: error.errors, failure: error });
    } finally {
      setBusy(false);
    }
  };
  return { form, isBusy, errors, failure, show, send };
}

const NOTHING_WRONG = { errors: [], failure: undefined };
