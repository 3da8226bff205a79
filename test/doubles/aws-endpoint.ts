import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What an account on the other end of a wire says; whatever is not given, it has not. */
export type AccountAnswers = {
  readonly account?: string;
  readonly bootstrapVersion?: string;
  readonly concurrency?: { readonly limit: number; readonly unreserved: number };
  /** What functions have reserved. */
  readonly reserved?: Readonly<Record<string, number>>;
  readonly stacks?: Readonly<Record<string, string>>;
  /** It says that the caller may not ask so. */
  readonly denied?: readonly string[];
};

type Answer = readonly [status: number, body: string, headers?: Readonly<Record<string, string>>];

const XML = { 'content-type': 'text/xml' };
const errorXml = (code: string, message: string): Answer => [
  400,
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  XML,
];

/** Serves what STS, SSM, Lambda and CloudFormation answer to who only reads, in their own formats. */
export async function serveAccount(answers: AccountAnswers): Promise<{ endpoint: string; close: () => void }> {
  const server = createServer(async (request, response) => {
    const [status, body, headers = {}] = answerTo(request, await text(request), answers);
    response.writeHead(status, headers).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

function answerTo({ url = '', headers }: IncomingMessage, body: string, answers: AccountAnswers): Answer {
  const form = new URLSearchParams(body);
  const target = String(headers['x-amz-target'] ?? '').split('.')[1];
  const action =
    target ??
    form.get('Action') ??
    (url.includes('account-settings') ? 'GetAccountSettings' : 'GetFunctionConcurrency');
  const json = { 'content-type': 'application/json' };
  if (answers.denied?.includes(action) === true) {
    const message = `User is not authorized to perform: ${action}`;
    return form.has('Action')
      ? errorXml('AccessDenied', message)
      : [
          403,
          JSON.stringify({ __type: 'AccessDeniedException', message }),
          { ...json, 'x-amzn-errortype': 'AccessDeniedException' },
        ];
  }
  switch (action) {
    case 'GetCallerIdentity': {
      if (answers.account === undefined)
        return errorXml('InvalidClientTokenId', 'The security token included in the request is invalid.');
      const result = `<Arn>arn:aws:iam::${answers.account}:user/ada</Arn><UserId>AIDA</UserId><Account>${answers.account}</Account>`;
      return [
        200,
        `<GetCallerIdentityResponse><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
        XML,
      ];
    }
    case 'GetParameter': {
      const { bootstrapVersion: Value } = answers;
      if (Value !== undefined) return [200, JSON.stringify({ Parameter: { Value } }), json];
      return [400, JSON.stringify({ __type: 'ParameterNotFound' }), json];
    }
    case 'GetAccountSettings': {
      const { limit = 1000, unreserved = limit } = answers.concurrency ?? {};
      const AccountLimit = { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved };
      return [200, JSON.stringify({ AccountLimit }), json];
    }
    case 'GetFunctionConcurrency': {
      const reserved = answers.reserved?.[/functions\/([^/]+)\//.exec(url)?.[1] ?? ''];
      if (reserved !== undefined) return [200, JSON.stringify({ ReservedConcurrentExecutions: reserved }), json];
      return [
        404,
        JSON.stringify({ Message: 'Function not found' }),
        { ...json, 'x-amzn-errortype': 'ResourceNotFoundException' },
      ];
    }
    default: {
      const name = form.get('StackName') ?? '';
      const status = answers.stacks?.[name];
      if (status === undefined) return errorXml('ValidationError', `Stack with id ${name} does not exist`);
      const member = `<StackName>${name}</StackName><StackStatus>${status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>`;
      return [
        200,
        `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>${member}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
        XML,
      ];
    }
  }
}
