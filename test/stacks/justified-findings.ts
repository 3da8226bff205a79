/** A finding of a linter of templates that is as it should be. */
export type Justified = {
  /** This names a rule of cdk-nag, with what it found in brackets, of cfn-lint, or of checkov. */
  readonly rule: RegExp;
  /** The finding is at the path of a construct, or the id of a resource; everywhere unless given. */
  readonly at?: RegExp;
  readonly reason: string;
};

const NO_LOG_OF_BUCKET =
  'Objects are read by functions of ours alone, by keys of one task each; who submits and reads tasks is in the log of requests';
const ASYNC =
  'What the clock calls each minute is not made up for: the next run does its work, and an alarm says when none gets through';
const BY_SQS_OR_API =
  'Called by queues, streams and the API alone, which keep what fails: no asynchronous call to set aside';

/**
 * These findings of cdk-nag's packs AwsSolutions and Serverless and of cfn-lint are held against what they find by
 * findings.test.ts; those of checkov, which no test runs: it takes 96 packages of Python (CONTRIBUTING.md has the
 * command).
 */
export const JUSTIFIED: readonly Justified[] = [
  { rule: /^AwsSolutions-S1$/, at: /\/Payloads\//, reason: NO_LOG_OF_BUCKET },
  { rule: /^AwsSolutions-SQS3$/, at: /DeadLetters/, reason: 'It is itself where dead letters go' },
  { rule: /^Serverless-SQSRedrivePolicy$/, at: /DeadLetters/, reason: 'It is itself where dead letters go' },
  {
    rule: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    reason: 'Traces and the list of event sources take no resource (Service Authorization Reference)',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::.*\/index\/\*\]$/,
    reason: 'A grant on a table holds for its indexes, all ours',
  },
  {
    rule: /^AwsSolutions-IAM5\[Resource::.*\/(payloads|scheduled)\/\*\]$/,
    reason: 'Each payload has a key of its own, which is its task',
  },
  {
    rule: /^AwsSolutions-IAM5\[.*event-source-mapping:\*\]$/,
    at: /Governor/,
    reason: 'Lambda makes up their ids; a condition names the functions that they may belong to',
  },
  {
    rule: /^AwsSolutions-IAM4\[.*LambdaInsights/,
    reason: 'The CDK attaches it; an override takes it out of the template again (observation-options.test.ts)',
  },
  { rule: /^AwsSolutions-IAM5\[.*lambda-insights:\*\]$/, reason: 'All streams of one log group' },
  {
    rule: /^AwsSolutions-APIG4$/,
    at: /GET--(api--health|api--openapi|console)/,
    reason: 'Health, the description of the API and the page of the console say nothing of any tenant',
  },
  {
    rule: /^(AwsSolutions-APIG1|Serverless-APIGWAccessLogging)$/,
    reason: 'accessLogs is on for production, off to try',
  },
  { rule: /^Serverless-LambdaDLQ$/, at: /Governor|Sweeper/, reason: ASYNC },
  { rule: /^Serverless-LambdaDLQ$/, at: /Executor|Projector|Router|Authorizer|Console/, reason: BY_SQS_OR_API },
  { rule: /^Serverless-(LambdaAsyncFailureDestination|EventBusDLQ)$/, at: /Governor|Sweeper/, reason: ASYNC },
  {
    rule: /^Serverless-LambdaEventSourceMappingDestination$/,
    at: /Lane/,
    reason: 'SQS takes no destination: the queue has its dead letters',
  },
  {
    rule: /^Serverless-LambdaTracing$/,
    at: /Governor|Sweeper|Projector|Authorizer|Console/,
    reason: 'Traces of what nobody follows cost as much as those of tasks; these hand on what they are told',
  },
  {
    rule: /^Serverless-SNSRedrivePolicy$/,
    at: /MailedAlarms/,
    reason: 'A mail that cannot be delivered is an alarm that CloudWatch still shows',
  },
  { rule: /^W3005$/, reason: 'The CDK writes an order beside a reference that says the same' },
  {
    rule: /^CKV_AWS_115$/,
    reason: 'What answers the API is limited at the gateway, and the projectors by the shards of their streams',
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
