/** A finding of a linter of templates that is as it should be. */
export type Justified = {
  /** This names a rule of cfn-lint, or of checkov. */
  readonly rule: RegExp;
  readonly reason: string;
};

const NO_LOG_OF_BUCKET =
  'Objects are read by functions of ours alone, by keys of one task each; who submits and reads tasks is in the log of requests';
const BY_SQS_OR_API =
  'Called by queues, streams and the API alone, which keep what fails: no asynchronous call to set aside';

/**
 * These findings of cfn-lint are held against what it finds by findings.test.ts; those of checkov by no test: it takes 96 packages of
 * Python (CONTRIBUTING.md has the command). What cdk-nag finds is acknowledged where the resource is made.
 */
export const JUSTIFIED: readonly Justified[] = [
  { rule: /^W3005$/, reason: 'The CDK writes an order beside a reference that says the same' },
  {
    rule: /^CKV_AWS_115$/,
    reason: 'What answers the API is limited at the gateway, and the projectors by the shards of their streams',
  },
  {
    rule: /^CKV_AWS_50$/,
    reason: 'Millrace chooses itself what is traced, and sends it: Lambda would trace by a rule of its own',
  },
  { rule: /^CKV_AWS_116$/, reason: BY_SQS_OR_API },
  {
    rule: /^CKV_AWS_117$/,
    reason: 'There is nothing in a network of ours to be reached, and outboundHosts limits what is called',
  },
  {
    rule: /^CKV_AWS_(158|173)$/,
    reason: 'Encrypted by keys of AWS; a key of ours costs, and guards against nobody who may read logs or functions',
  },
  { rule: /^CKV_AWS_27$/, reason: 'Encrypted by keys of SQS, which is its default; checkov wants that it is said' },
  { rule: /^CKV_AWS_18$/, reason: NO_LOG_OF_BUCKET },
  { rule: /^CKV_AWS_21$/, reason: 'A payload is written once under its key and never changed' },
  { rule: /^CKV_AWS_95$/, reason: 'accessLogs is on for production, off to try' },
];
