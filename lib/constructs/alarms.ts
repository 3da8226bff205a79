import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type MathExpression,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AlarmThresholds } from '../alarm-thresholds.ts';
import type { DeployConfig } from '../config.ts';

/** The configuration of a deployment that has alarms. */
export type WatchedConfig = DeployConfig & { readonly alarms: AlarmThresholds };

export const isWatched = (config: DeployConfig): config is WatchedConfig => config.alarms !== false;

/** What an alarm looks at. */
export type Watch = {
  /** The alarm's name, and its heading in `docs/runbook.md`. */
  readonly heading: string;
  /** Which of many: a class, a lane, a task type. */
  readonly of?: string;
  readonly metric: Metric | MathExpression;
  /** How long it has to last. */
  readonly minutes: number;
} & (
  | { readonly above: number }
  /** Silence is what it is about, so it must not pass for good. */
  | { readonly below: number }
);

/** Each shard has an alarm of its own: an alarm takes ten metrics at most (CloudWatch's documentation, "Service quotas"). */
export const nameOfShard = (name: string, shard: number, shards: number): string =>
  shards === 1 ? name : `${name}-${shard}`;

export type AlarmsProps = {
  /** The deployment's name. */
  readonly name: string;
  readonly watches: readonly Watch[];
  /** Who is told that one goes off, and that it is over. */
  readonly actions: readonly IAlarmAction[];
};

/** Calls someone when a watch goes off, and again when it is over. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { name, watches, actions }: AlarmsProps) {
    super(scope, id);
    this.all = watches.map((watch) => {
      const { heading, of, metric, minutes } = watch;
      const alarmName = [heading, of].filter(Boolean).join(': ');
      const alarm = new Alarm(this, alarmName, {
        alarmName: `${name} ${alarmName}`,
        alarmDescription: `docs/runbook.md, "${heading}"`,
        metric,
        evaluationPeriods: minutes / metric.period.toMinutes(),
        ...('above' in watch
          ? {
              threshold: watch.above,
              comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
              treatMissingData: TreatMissingData.NOT_BREACHING,
            }
          : {
              threshold: watch.below,
              comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
              treatMissingData: TreatMissingData.BREACHING,
            }),
      });
      alarm.addAlarmAction(...actions);
      alarm.addOkAction(...actions);
      return alarm;
    });
  }
}
