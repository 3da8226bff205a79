import type { Environment } from 'aws-cdk-lib';
import type { AlarmThresholds } from './alarm-thresholds.ts';
import type { ClassProps, ClassSettingsProps } from './class-props.ts';

/** What can be said about a deployment. What is not given is as the preset has it. */
export type MillraceProps = {
  /**
   * The folder of the task types, from the directory of the process on: every definition that a file below it exports is
   * one. A synth imports these files, tests left out.
   */
  readonly tasks: string;

  /**
   * Packages that handlers import and that have native parts, such as `sharp`: no bundle carries these. They are installed beside
   * the code of the executors, for Linux on arm64, in the version that is installed here.
   *
   * @default none
   */
  readonly nativePackages?: readonly string[];

  /**
   * Where the settings begin. `prod`: data outlives its stack, tasks call only hosts that are named, environments are kept
   * initialized. `dev`: none of it, for a deployment to try and throw away. `trial`: `dev` for an account of small limits, as new
   * ones have them: it reserves nothing, has no alarms, and forgets tasks and logs after three days.
   */
  readonly preset: 'dev' | 'prod' | 'trial';

  /**
   * The prefix of every stack, function and queue: two names are two deployments in one account. Another name is another
   * deployment, with tables of its own.
   *
   * @default `millrace` in an `App`; elsewhere the name of the stack or stage, and of the construct: `shop-tasks`
   */
  readonly name?: string;

  /**
   * The account and region of the four stacks in an `App` or `Stage`: those of what they share with other stacks. In a
   * `Stack` they are that stack's.
   *
   * @default those of the stage, or of whoever deploys
   */
  readonly env?: Environment;

  /**
   * Hosts that tasks may call by `ctx.http`: names, `*.a.domain`, addresses, and `*` for every public one; a private address
   * has to be named itself. A handler's own `fetch` or driver is not bound by it.
   *
   * @default `['*']` in `dev`, none in `prod`
   */
  readonly outboundHosts?: readonly string[];

  /**
   * Origins whose pages may call the API, such as `https://app.example.com`, or `*` for all. A key lets in whoever has it, and a page
   * gives it to whoever looks: this is for callers with tokens of their own (`jwt`), or within a company.
   *
   * @default none
   */
  readonly corsOrigins?: readonly string[];

  /**
   * How many days a finished task can be read, 1 to 365. Its row stays for 14 days at least, so that a late message of it runs
   * nothing. A type of task may say otherwise for its own (`retentionDays` in `defineTask`).
   *
   * @default 14
   */
  readonly retentionDays?: number;

  /**
   * How many days it is kept what operators and administrators did (`GET /api/audit`), 1 to 3,650.
   *
   * @default 365
   */
  readonly auditRetentionDays?: number;

  /**
   * How many days CloudWatch keeps the logs: 1, 3, 5, 7, 14, 30, 60, 90, 180 or 365.
   *
   * @default 7 in `dev`, 30 in `prod`
   */
  readonly logRetentionDays?: 1 | 3 | 5 | 7 | 14 | 30 | 60 | 90 | 180 | 365;

  /**
   * Partitions of each index key, 1 to 64. One takes 1,000 write units a second (DynamoDB's documentation), and a task needs one
   * of those of its type, and one of those of its tenant. May only grow.
   *
   * @default 1 in `dev`, 8 in `prod`
   */
  readonly indexShards?: number;

  /**
   * Tables that the tasks are spread over, 1 to 16. May only grow: a task's id names its table.
   *
   * @default 1
   */
  readonly tableShards?: number;

  /**
   * How the tables of tasks are paid for: by the unit, or by the capacity that auto scaling keeps for each of them and for each of
   * their indexes. The other tables take too little for it to matter, and come in bursts. `docs/costs.md` says when it pays.
   *
   * @default `onDemand`
   */
  readonly tableCapacity?:
    | 'onDemand'
    | {
        readonly provisioned: {
          /** Units a second that are kept at least, and taken at most. */
          readonly minWrites: number;
          readonly maxWrites: number;
          readonly minReads: number;
          readonly maxReads: number;
          /**
           * The share of them in use at which their number stays as it is, 0.2 to 0.9.
           *
           * @default 0.7
           */
          readonly utilization?: number;
        };
      };

  /**
   * What the resource classes have: those that a team adds by naming them, and changes of the four that there are, `default`,
   * `io-intensive`, `cpu-intensive` and `memory-intensive`. A class that no type of task asks for is not made.
   *
   *     classes: { reports: { memoryMb: 2048, timeoutSeconds: 600, concurrency: 4 } }
   */
  readonly classes?: Readonly<Record<string, ClassProps>>;

  /**
   * Whether Lambda keeps executions for the executors of each class, for reads of tasks, and for the functions of the clock. Without, they compete with
   * all functions of the account: an executor that finds no room is asked again later, and the API may answer 5xx. Lambda
   * reserves nothing in an account whose limit is 10.
   *
   * @default true in `dev` and `prod`, false in `trial`
   */
  readonly reservations?: boolean;

  /**
   * Whether the event bus is told what happens to tasks; EventBridge takes $1 for a million events, so $3 for a million
   * tasks: a third of all the rest.
   *
   * @default true
   */
  readonly taskEvents?: boolean;

  /**
   * Whether `task.succeeded` carries the output of its task, of up to 60,000 bytes of JSON; of a larger one it has the path of the
   * API. Whoever may make rules on the bus reads the outputs of all tenants then.
   *
   * @default false
   */
  readonly taskEventOutputs?: boolean;

  /**
   * Callers come with tokens of an issuer instead of Millrace's keys.
   *
   * @default keys
   */
  readonly jwt?: {
    /** The `https` URL of the issuer. */
    readonly issuer: string;
    readonly audience: readonly string[];
    /**
     * The claim that names the tenant.
     *
     * @default `tenant`
     */
    readonly tenantClaim?: string;
    /** What each tenant may submit in a second. */
    readonly rate?: number;
    /** How many tasks of a tenant may be under way at a time. */
    readonly open?: number;
  };

  /**
   * Requests a second that the API takes, and at one moment: API Gateway refuses what is more with 429.
   *
   * @default 1,000 and 1,000
   */
  readonly throttle?: { readonly rate?: number; readonly burst?: number };

  /**
   * Whether the log has a line for each request, without headers and query, also of those that no function saw.
   *
   * @default false in `dev`, true in `prod`
   */
  readonly accessLogs?: boolean;

  /**
   * Environments that are reserved for what answers the API, which are also the most that it may take.
   *
   * @default none
   */
  readonly apiConcurrency?: { readonly router?: number; readonly authorizer?: number };

  /**
   * How many callers may wait for the end of a task at a time (`waitSeconds`): 0 to 850. Who comes beyond that is answered at once, with a
   * hint. Lambda reserves so many environments for the function that they wait in, and 50 for reads that do not wait.
   *
   * @default 50 in `dev`, 200 in `prod`, 2 in `trial`
   */
  readonly waiters?: number;

  /**
   * How many tasks a second a bulk action may be asked to retry, cancel or delete, at most: 1 to 500.
   *
   * @default 200
   */
  readonly bulkRatePerSecond?: number;

  /**
   * Whose tasks the schedules of definitions make, unless they say it by `tenantId`.
   *
   * @default schedules
   */
  readonly scheduleTenant?: string;

  /**
   * Whether tables and payloads outlive their stack. What a creation that failed has made goes with it all the same.
   *
   * @default false in `dev`, true in `prod`
   */
  readonly retainData?: boolean;

  /**
   * Whether tables refuse to be deleted. A first deploy that fails leaves such tables behind (docs/deployments.md).
   *
   * @default false in `dev`, true in `prod`
   */
  readonly deletionProtection?: boolean;

  /**
   * Environments of the router and of each executor that Lambda keeps initialized: `min` to `max` of them, so that the share
   * `utilization` (0.1 to 0.9) is in use; or `false`. Three of each are nine tenths of what a deployment costs while nothing
   * happens (docs/costs.md).
   *
   * @default false in `dev`, 3 to 10 at 0.7 in `prod`
   */
  readonly provisioned?: false | { readonly min?: number; readonly max?: number; readonly utilization?: number };

  /**
   * Whether X-Ray follows requests and their tasks: a `share` of requests, the first submit in each five seconds of each environment
   * of the router, and, of requests whose callers are traced themselves, up to five a second of each environment. At $5 for a million
   * traces that is $0.08 for a million tasks at 200 a second (docs/costs.md).
   *
   * @default { share: 0.01 }, which `true` stands for
   */
  readonly tracing?: boolean | { readonly share?: number };

  /**
   * Whether the log has a line of each request, attempt and batch that went well, about 0.5 KB for a task.
   *
   * @default true in `dev`, false in `prod`
   */
  readonly routineLogs?: boolean;

  /**
   * From these values on the alarms call (docs/runbook.md); or `false` for none of them.
   *
   * @default as in `lib/alarm-thresholds.ts`, `false` in `trial`
   */
  readonly alarms?: false | Partial<AlarmThresholds>;

  /** Who is told of alarms by mail, once they have confirmed the subscription. */
  readonly alarmEmail?: string;

  /** A topic of SNS that is told of alarms. */
  readonly alarmTopicArn?: string;

  /**
   * Lambda Insights: eight metrics of each function, at $2.40 a month or more, and 1 KB of log for each invocation.
   *
   * @default false
   */
  readonly lambdaInsights?: boolean;
};

/** What of the construct's props is plain data. */
export type Settings = Omit<MillraceProps, 'tasks' | 'env' | 'classes'> & {
  readonly classes?: Readonly<Record<string, ClassSettingsProps>>;
};
