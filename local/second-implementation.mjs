import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Compiling takes minutes, so all clones on a machine share what was installed once. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace');

export const DYNOXIDE_VERSION = '3.2.0';
export const ELASTICMQ_VERSION = '1.7.1';

/** Where cargo installs dynoxide, another implementation of DynamoDB. */
export const DYNOXIDE_ROOT = join(CACHE, `dynoxide-${DYNOXIDE_VERSION}`);
export const DYNOXIDE = join(DYNOXIDE_ROOT, 'bin/dynoxide');

/** The jars of ElasticMQ, another implementation of SQS. */
export const ELASTICMQ = join(CACHE, `elasticmq-${ELASTICMQ_VERSION}`);

export const hasDynoxide = () => existsSync(DYNOXIDE);

export const hasElasticMq = () =>
  existsSync(ELASTICMQ) && readdirSync(ELASTICMQ).includes(`elasticmq-server_2.13-${ELASTICMQ_VERSION}.jar`);
