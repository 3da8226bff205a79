import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type AttributeValue, BatchExecuteStatementCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import { templated } from '../../../functions/runtime/request-template.ts';
import { bodyOf, serve } from '../adapters/loopback-server.ts';

export type Answer = {
  readonly status?: number;
  readonly body: unknown;
  readonly breaks?: 'before' | 'within' | 'never' | undefined;
};
export type Seen = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** A request of the SDK's own making says which it is and which try it is; one by a template does not. */
export const isOfSdk = ({ headers }: Seen): boolean => headers['amz-sdk-invocation-id'] !== undefined;

type AwsOptions = { readonly path?: string } & Record<string, unknown>;

/** Starts an AWS that answers as it is told; makes a client of each service by a template, and a plain one beside it. */
export async function aws(answerOf: (seen: Seen, place: number) => Answer, { path = '', ...more }: AwsOptions = {}) {
  const seen: Seen[] = [];
  let requests = 0;
  const { url } = await serve(async (request, response) => {
    const one = { headers: request.headers, body: await bodyOf(request) };
    seen.push(one);
    // The SDK would set its clock by it.
    response.sendDate = false;
    const { status = 200, body, breaks } = answerOf(one, requests++);
    if (breaks === 'never') return;
    if (breaks === 'before') request.socket.destroy();
    else if (breaks === 'within') {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      setTimeout(() => request.socket.destroy(), 20);
    } else
      response
        .writeHead(status, { 'x-amzn-requestid': 'request' })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const options = {
    endpoint: url + path,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'secret', sessionToken: 'session' },
    maxAttempts: 2,
    ...more,
  };
  const log = vi.fn();
  return {
    seen,
    url,
    log,
    dynamo: templated(new DynamoDBClient(options), log),
    sqs: templated(new SQSClient({ ...options, useQueueUrlAsEndpoint: false }), log),
    plain: new DynamoDBClient(options),
  };
}

export const statement = (value: AttributeValue) =>
  new BatchExecuteStatementCommand({ Statements: [{ Statement: 'UPDATE "t" SET "a" = ?', Parameters: [value] }] });

/** Signs a request as AWS documents it (Signature Version 4), with nothing of the SDK. */
export function signatureOf({ headers, body }: Seen, secret = 'secret'): string {
  const [, scope = '', names = ''] =
    /Credential=test\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const lines = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = ['POST', '/', '', lines.join(''), names, sha(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', String(headers['x-amz-date']), scope, sha(canonical)].join('\n');
  const mac = (key: string | Buffer, part: string) => createHmac('sha256', key).update(part).digest();
  return createHmac('sha256', scope.split('/').reduce<string | Buffer>(mac, `AWS4${secret}`))
    .update(text)
    .digest('hex');
}

/** Returns the names of the headers that a request is signed with. */
export const namesOf = ({ headers }: Seen): string[] =>
  /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
