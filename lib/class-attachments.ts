import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { ClassAttachments, ClassProps, ClassSettingsProps } from './class-props.ts';
import { ConfigError } from './config-error.ts';

/** Lambda takes names of letters, digits and _ ("Using Lambda environment variables"); these beginnings are its own, or ours. */
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const TAKEN = /^(AWS_|LAMBDA_|MILLRACE_|POWERTOOLS_|NODE_OPTIONS$)/;

/** Lambda takes 4 KB of environment in all (Lambda's documentation, "Quotas"), of which Millrace needs more than half. */
const MAX_ENVIRONMENT_LENGTH = 1_500;

/** Lambda takes five layers, of which Lambda Insights is one. */
const MAX_LAYERS = 4;

/** Tells the settings of classes from their attachments. Throws `ConfigError` for attachments that Lambda would refuse. */
export function splitClasses(classes: Readonly<Record<string, ClassProps>> = {}): {
  readonly settings: Record<string, ClassSettingsProps>;
  readonly attachments: ReadonlyMap<string, ClassAttachments>;
} {
  const settings: Record<string, ClassSettingsProps> = {};
  const attachments = new Map<string, ClassAttachments>();
  for (const [name, props] of Object.entries(classes)) {
    const { environment = {}, secrets = {}, vpc, vpcSubnets, securityGroups, layers = [], ...rest } = props;
    const given = { environment, secrets, layers, ...(vpc && { vpc }), ...(vpcSubnets && { vpcSubnets }) };
    const attached = { ...given, ...(securityGroups && { securityGroups }) };
    checkEnvironment(name, attached);
    checkSecrets(name, attached);
    checkNetwork(name, attached);
    checkLayers(name, layers);
    settings[name] = rest;
    attachments.set(name, attached);
  }
  return { settings, attachments };
}

function checkEnvironment(name: string, { environment = {} }: ClassAttachments): void {
  const path = `classes.${name}.environment`;
  for (const [variable, value] of Object.entries(environment)) {
    if (!NAME.test(variable) || TAKEN.test(variable)) {
      throw new ConfigError(
        `${path}.${variable} cannot be set: a variable is called by letters, digits and _, and not AWS_, LAMBDA_, MILLRACE_, POWERTOOLS_ or NODE_OPTIONS`,
      );
    }
    if (typeof value !== 'string')
      throw new ConfigError(`${path}.${variable} is ${JSON.stringify(value)}: must be a string`);
  }
  const { length } = Object.entries(environment).flat().join('');
  if (length <= MAX_ENVIRONMENT_LENGTH) return;
  throw new ConfigError(`${path} has ${length} characters: names and values must be ${MAX_ENVIRONMENT_LENGTH} at most`);
}

function checkSecrets(name: string, { secrets = {} }: ClassAttachments): void {
  for (const [secret, source] of Object.entries(secrets)) {
    const path = `classes.${name}.secrets.${secret}`;
    if (!NAME.test(secret))
      throw new ConfigError(`${path} cannot be given: a secret is called by letters, digits and _`);
    if (typeof source !== 'object' || source === null || !('secretArn' in source || 'parameterArn' in source)) {
      throw new ConfigError(
        `${path} is no secret: give one of Secrets Manager, or a parameter of SSM, such as Secret.fromSecretNameV2(...), and never its value`,
      );
    }
  }
}

function checkNetwork(name: string, { vpc, vpcSubnets, securityGroups }: ClassAttachments): void {
  if (vpc !== undefined) return;
  if (vpcSubnets !== undefined) throw new ConfigError(`classes.${name}.vpcSubnets needs classes.${name}.vpc`);
  if (securityGroups !== undefined) throw new ConfigError(`classes.${name}.securityGroups needs classes.${name}.vpc`);
}

function checkLayers(name: string, layers: readonly ILayerVersion[]): void {
  if (layers.length <= MAX_LAYERS) return;
  throw new ConfigError(`classes.${name}.layers are ${layers.length}: must be ${MAX_LAYERS} at most`);
}
