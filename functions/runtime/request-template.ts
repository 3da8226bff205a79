import { text } from 'node:stream/consumers';
import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Log } from '../core/ports.ts';
import { Signature } from './request-signature.ts';
import { isRecording } from './tracing/xray-tracing.ts';

/** The operations that tasks take, and those who wait for them or list them. They speak JSON. */
const TEMPLATED: ReadonlySet<unknown> = new Set([
  'BatchExecuteStatementCommand',
  'BatchGetItemCommand',
  'GetItemCommand',
  'PutItemCommand',
  'QueryCommand',
  'ChangeMessageVisibilityBatchCommand',
  'DeleteMessageBatchCommand',
  'SendMessageCommand',
  'SendMessageBatchCommand',
]);

/** It names the invocation, and is another in the next. */
const TRACE_HEADER = 'x-amzn-trace-id';

/** What the SDK says with a request of itself: which try of which call it is, who signs it and how. */
const OF_ONE_REQUEST = /^(amz-sdk-.*|authorization|x-amz-security-token)$/;

type Client = DynamoDBClient;
type Request = Parameters<Client['config']['requestHandler']['handle']>[0];
type Template = { readonly request: Request; readonly signature: Signature };

/**
 * Has a client send calls of these operations as it has sent the first of their kind, with a body and a signature of their own:
 * nothing else changes, and to make all of it anew is most of a call's CPU (`docs/decisions/requests-have-templates.md`). What is
 * not answered with success or refused by its condition, the client does once more, with all that it knows of errors. A try that
 * nobody has answered in time is the first of the client's own, so that a call takes no longer than without a template.
 */
export function templated<T extends DynamoDBClient | SQSClient>(client: T, log: Log): T {
  // They share what is asked of them here, and no type.
  const { config, middlewareStack } = client as unknown as Client;
  const templates = new Map<unknown, Template>();
  /** The time-out of a call's try by its template, by the context of the call. */
  const unanswered = new WeakMap<object, unknown>();
  middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (TEMPLATED.has(commandName) && !templates.has(commandName)) {
          const template = templateOf(args.request as Request);
          if (template !== undefined) templates.set(commandName, template);
        }
        return next(args);
      },
    { step: 'finalizeRequest', priority: 'low', name: 'requestTemplate' },
  );
  middlewareStack.add(
    (next, context) => async (args) => {
      const { commandName } = context;
      const template = templates.get(commandName);
      // The SDK of X-Ray records what passes through all of the client.
      if (template === undefined || isRecording() || hasBytes(args.input)) return next(args);
      const tried = await tryOnce(JSON.stringify(args.input), template, config);
      if ('answer' in tried) return tried.answer;
      if ('refusal' in tried) throw tried.refusal;
      log('warn', 'AWS call made once more', { operation: commandName, reason: String(tried.failure) });
      if (isTimeout(tried.failure)) unanswered.set(context, tried.failure);
      return next(args);
    },
    { step: 'initialize', priority: 'low', name: 'templatedRequest' },
  );
  middlewareStack.add(
    (next, context) => async (args) => {
      const timeout = unanswered.get(context);
      // The client takes it for its own first try, and goes on with the second after its usual pause.
      if (unanswered.delete(context)) throw timeout;
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'unansweredRequest' },
  );
  return client;
}

/** Sends a body once, and returns what came of it: an answer, the refusal of a condition, or why there is neither. */
async function tryOnce(body: string, template: Template, config: Client['config']) {
  try {
    const signed = await signedRequest(body, template, config);
    const { response } = await config.requestHandler.handle(signed);
    const output = parsed(await text(response.body));
    const { statusCode: httpStatusCode, headers } = response;
    output.$metadata = { httpStatusCode, requestId: headers['x-amzn-requestid'], attempts: 1, totalRetryDelay: 0 };
    if (httpStatusCode === 200) return { answer: { response, output } };
    // With its namespace or without it: both are of the protocol.
    const name = String(output.__type).split('#').at(-1);
    if (name !== 'ConditionalCheckFailedException') return { failure: `${httpStatusCode} ${name}` };
    return { refusal: new ConditionalCheckFailedException({ ...output, message: output.message ?? output.Message }) };
  } catch (error) {
    return { failure: error };
  }
}

/** DynamoDB writes bytes as `{"B":"<Base64>"}`; nothing else has a string by that name. */
const parsed = (body: string) => JSON.parse(body, /"B"\s*:\s*"/.test(body) ? withBytes : undefined);
const withBytes = (key: string, value: unknown) =>
  key === 'B' && typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value;

/** The client gives its name for time-outs to a connection that was reset, too, which takes no time. */
const isTimeout = (failure: unknown): boolean =>
  failure instanceof Error && failure.name === 'TimeoutError' && (!('code' in failure) || failure.code === 'ETIMEDOUT');

/** Makes a template of a request that the SDK has signed; `undefined` where it would not do for the next. */
function templateOf(signed: Request): Template | undefined {
  const signature = Signature.like(signed.headers.authorization);
  if (signature === undefined || signed.path !== '/' || Object.keys(signed.query).length > 0) return undefined;
  const request = signed.clone();
  const kept = Object.entries<string>(signed.headers).filter(([name]) => !OF_ONE_REQUEST.test(name));
  // What is signed of a header has one space in place of several.
  request.headers = Object.fromEntries(
    kept.map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')]),
  );
  return { request, signature };
}

async function signedRequest(body: string, { request: template, signature }: Template, config: Client['config']) {
  const request = template.clone();
  request.body = body;
  request.headers['content-length'] = String(Buffer.byteLength(body));
  if (TRACE_HEADER in request.headers) request.headers[TRACE_HEADER] = process.env._X_AMZN_TRACE_ID ?? '';
  signature.sign(request, await config.credentials(), new Date(Date.now() + config.systemClockOffset));
  return request;
}

/** Returns whether there are bytes anywhere in a value: the SDK writes them as Base64. */
const hasBytes = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value)) return true;
  for (const part of Object.values(value)) if (hasBytes(part)) return true;
  return false;
};
