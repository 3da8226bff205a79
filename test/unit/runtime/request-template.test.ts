import { createHash } from 'node:crypto';
import { type AttributeValue, ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ChangeMessageVisibilityBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sendTraces, traced, xrayTracing } from '../../../functions/runtime/tracing/xray-tracing.ts';
import { type Answer, aws, isOfSdk, namesOf, type Seen, signatureOf, statement } from './templated-clients.ts';

const put = (item: Record<string, AttributeValue>) => new PutItemCommand({ TableName: 't', Item: item });

const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ any: AttributeValue }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.record({ S: fc.string({ unit: 'grapheme' }) }),
    fc.record({ N: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ NULL: fc.constant(true as const) }),
    fc.record({ SS: fc.array(fc.string(), { minLength: 1 }) }),
    fc.record({ NS: fc.array(fc.integer().map(String), { minLength: 1 }) }),
    fc.record({ L: fc.array(tie('any'), { maxLength: 3 }) }),
    fc.record({
      M: fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        tie('any'),
        { maxKeys: 3 },
      ),
    }),
  ),
})).any;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a call by a template', () => {
  it('writes and reads what a call of the SDK does, with its headers and a valid signature', async () => {
    const { dynamo, plain, seen, log } = await aws(({ body }) => {
      const { Statements } = JSON.parse(body);
      return {
        body: {
          Responses: [
            { TableName: 't', Item: { a: Statements[0].Parameters[0] } },
            { Error: { Code: 'ConditionalCheckFailed', Item: { a: Statements[0].Parameters[0] } } },
          ],
        },
      };
    });
    await dynamo.send(statement({ S: 'the first' }));
    await fc.assert(
      fc.asyncProperty(value, async (parameter) => {
        seen.splice(0);
        const { $metadata: ours, ...output } = await dynamo.send(statement(parameter));
        const { $metadata: theirs, ...usual } = await plain.send(statement(parameter));
        expect(output).toEqual(usual);
        expect(ours).toEqual({ ...theirs, attempts: 1, totalRetryDelay: 0 });
        const [request, usualRequest] = seen as [Seen, Seen];
        expect([isOfSdk(request), isOfSdk(usualRequest)]).toEqual([false, true]);
        expect(JSON.parse(request.body)).toEqual(JSON.parse(usualRequest.body));
        expect(request.headers.authorization).toMatch(new RegExp(`Signature=${signatureOf(request)}$`));
        const signed = namesOf(usualRequest).filter((name) => !name.startsWith('amz-sdk-'));
        expect(namesOf(request)).toEqual(signed);
        const own = /^(authorization|x-amz-date|amz-sdk-.*|content-length|(x-amz-)?user-agent)$/;
        const shared = ({ headers }: Seen) =>
          Object.entries(headers)
            .filter(([name]) => !own.test(name))
            .toSorted();
        expect(shared(request)).toEqual(shared(usualRequest));
        expect(request.headers['content-length']).toBe(String(Buffer.byteLength(request.body)));
        expect(request.headers['user-agent']).toContain('api/dynamodb');
      }),
      { numRuns: 100 },
    );
    expect(log).not.toHaveBeenCalled();
  });

  it.each(['com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', 'ConditionalCheckFailedException'])(
    'is refused by its condition as a call of the SDK is, in one request: %s',
    async (__type) => {
      const refusal = {
        __type,
        message: 'The conditional request failed',
        Item: { pk: { S: 'a' }, attempt: { N: '1' }, ended: { BOOL: true } },
      };
      const { dynamo, plain, seen } = await aws((_, place) =>
        place === 0 ? { body: {} } : { status: 400, body: refusal },
      );
      await dynamo.send(put({ pk: { S: 'a' } }));
      const ours = await dynamo.send(put({ pk: { S: 'a' } })).catch((error) => error);
      const theirs = await plain.send(put({ pk: { S: 'a' } })).catch((error) => error);
      const told = ({ name, message, $fault, Item, $metadata: { httpStatusCode } }: typeof theirs) => ({
        name,
        message,
        $fault,
        Item,
        httpStatusCode,
      });
      expect(ours).toBeInstanceOf(ConditionalCheckFailedException);
      expect(told(ours)).toEqual(told(theirs));
      expect(seen.map(isOfSdk)).toEqual([true, false, true]);
    },
  );

  it.each<[string, Answer]>([
    ['throttled', { status: 400, body: { __type: 'a#ProvisionedThroughputExceededException', message: 'slow down' } }],
    ['not valid', { status: 400, body: { __type: 'a#ValidationException', message: 'no such thing' } }],
    [
      'too early by its clock',
      { status: 400, body: { __type: 'a#InvalidSignatureException', message: 'Signature expired' } },
    ],
    [
      'cancelled',
      {
        status: 400,
        body: { __type: 'a#TransactionCanceledException', CancellationReasons: [{ Code: 'None' }], Message: 'no' },
      },
    ],
    ['failed', { status: 500, body: { __type: 'a#InternalServerError', message: 'oh' } }],
    ['unavailable', { status: 503, body: 'Service Unavailable' }],
    ['no JSON', { body: 'nonsense' }],
    ['broken off', { body: '', breaks: 'before' }],
    ['broken off in its body', { body: '', breaks: 'within' }],
  ])(
    'that is %s is made once more by the SDK, which says what became of it, and the log that it was',
    async (_, answer) => {
      const { dynamo, plain, seen, log } = await aws((_seen, place) => (place === 0 ? { body: {} } : answer));
      await dynamo.send(put({ pk: { S: 'a' } }));
      const ours = await dynamo.send(put({ pk: { S: 'a' } })).catch((error) => error);
      const first = seen.splice(0);
      const theirs = await plain.send(put({ pk: { S: 'a' } })).catch((error) => error);
      const told = ({ name, message, $fault, CancellationReasons }: typeof theirs) => ({
        name,
        message,
        $fault,
        CancellationReasons,
      });
      expect(told(ours)).toEqual(told(theirs));
      expect(first.map(isOfSdk)).toEqual([true, false, ...seen.map(() => true)]);
      expect(log.mock.calls).toEqual([
        ['warn', 'AWS call made once more', { operation: 'PutItemCommand', reason: expect.any(String) }],
      ]);
    },
  );

  it('that was not answered once ends well by the SDK', async () => {
    const { dynamo, log } = await aws((_, place) =>
      place === 1 ? { body: '', breaks: 'before' } : { body: { Responses: [] } },
    );
    await dynamo.send(statement({ S: 'a' }));
    expect(await dynamo.send(statement({ S: 'b' }))).toMatchObject({ Responses: [] });
    expect(log).toHaveBeenCalledOnce();
  });

  it.each([1, 2, 3])('that nobody answers has no more tries than a call of the SDK: %i', async (maxAttempts) => {
    const more = { maxAttempts, requestHandler: { requestTimeout: 50, throwOnRequestTimeout: true } };
    const { dynamo, seen } = await aws((_, place) => ({ body: {}, breaks: place > 0 ? 'never' : undefined }), more);
    await dynamo.send(put({ pk: { S: 'a' } }));
    const { name, $metadata } = await dynamo.send(put({ pk: { S: 'a' } })).catch((error) => error);
    expect([name, $metadata.attempts]).toEqual(['TimeoutError', maxAttempts]);
    expect(seen.map(isOfSdk)).toEqual([true, false, ...Array(maxAttempts - 1).fill(true)]);
  });

  it('has no bytes to send: those are sent by the SDK', async () => {
    const { dynamo, seen } = await aws(() => ({ body: {} }));
    const bytes = new Uint8Array([1, 2, 3]);
    for (const _ of [1, 2]) {
      await dynamo.send(put({ data: { B: bytes } }));
      await dynamo.send(put({ data: { M: { bytes: { L: [{ BS: [Buffer.from(bytes)] }] } } } }));
    }
    expect(seen.every(isOfSdk)).toBe(true);
    expect(JSON.parse(seen[2]?.body ?? '').Item).toEqual({ data: { B: 'AQID' } });
  });

  it('of SQS is held against what was sent', async () => {
    const QueueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/lane';
    const { sqs, seen } = await aws(({ body }, place) => {
      const message = JSON.parse(body).MessageBody ?? '';
      return {
        body: {
          MD5OfMessageBody: createHash('md5')
            .update(place === 3 ? 'another' : message)
            .digest('hex'),
          Successful: [],
        },
      };
    });
    const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'grüße' }));
    const extend = () =>
      sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl,
          Entries: [{ Id: '0', ReceiptHandle: 'r', VisibilityTimeout: 5 }],
        }),
      );
    await send();
    await extend();
    await send();
    await expect(send()).rejects.toThrow(/MD5|checksum/i);
    expect(await extend()).toMatchObject({ Successful: [] });
    expect(seen.map(isOfSdk)).toEqual([true, true, false, false, false]);
    expect(seen[4]?.body).toBe(seen[1]?.body);
  });

  it('is of the invocation that makes it: the header of its trace is that of no other', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'executor');
    const { dynamo, seen } = await aws(() => ({ body: { Responses: [] } }));
    for (const trace of ['Root=1-a;Sampled=0', 'Root=1-b;Sampled=0']) {
      vi.stubEnv('_X_AMZN_TRACE_ID', trace);
      await dynamo.send(statement({ S: 'a' }));
      expect(seen.at(-1)?.headers['x-amzn-trace-id']).toBe(trace);
    }
  });
});

it('a call that is recorded passes through all of the client, and no other does', async () => {
  const { dynamo, seen, url } = await aws(() => ({ body: { Responses: [] } }));
  const trace = { traceId: '1-00000000-000000000000000000000001', parentId: '0000000000000001' };
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-00000000-000000000000000000000002');
  vi.stubEnv('LAMBDA_TASK_ROOT', '/var/task');
  vi.stubEnv('MILLRACE_TRACED_SHARE', '0');
  traced(dynamo);
  await dynamo.send(statement({ S: 'a' }));
  await xrayTracing.segment('greet', trace, {}, () => dynamo.send(statement({ S: 'b' })));
  await xrayTracing.segment('greet', undefined, {}, () => dynamo.send(statement({ S: 'c' })));
  expect(seen.map(isOfSdk)).toEqual([true, true, false]);
  vi.stubEnv('AWS_ENDPOINT_URL_XRAY', url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  await sendTraces('executor', { record: () => {} }, { getRemainingTimeInMillis: () => 5_000 });
});
