import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { templatesWithoutCode } from '../../../../local/watch/templates.ts';

const directory = await mkdtemp(join(tmpdir(), 'millrace-templates-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

const HASH = '0123456789abcdef0123456789abcdef';
const OTHER_HASH = 'fedcba9876543210fedcba9876543210';

type Said = { readonly code?: string; readonly version?: string; readonly memory?: number; readonly ofTeam?: string };

async function written({ code = 'a', version = HASH, memory = 256, ofTeam = 'x' }: Said): Promise<string> {
  const templateFile = join(directory, 'shop.template.json');
  const lambda = (FunctionName: string, S3Key: string) => ({
    Type: 'AWS::Lambda::Function',
    Properties: { FunctionName, Code: { S3Key }, MemorySize: memory },
    Metadata: { 'aws:asset:path': `asset.${S3Key}` },
  });
  const id = `ExecutorCurrentVersion0A1B2C3D${version}`;
  const Resources = {
    Executor: lambda('shop-executor', code),
    Theirs: lambda('theirs', ofTeam),
    [id]: { Type: 'AWS::Lambda::Version' },
  };
  await writeFile(templateFile, JSON.stringify({ Resources, Outputs: { Version: { Value: { Ref: id } } } }));
  const stack = { id: 'shop', stackName: 'shop', directory, templateFile, account: undefined, region: undefined };
  const bundle = {
    functionNames: ['shop-executor'],
    name: '',
    directory,
    build: {},
    inputs: [],
    externals: [],
    definitions: [],
  };
  return templatesWithoutCode([{ ...stack, bootstrap: undefined }], [{ ...bundle, runsHandlers: true }]);
}

test('templates say the same where only the code of bundles is another, with the version that it makes', async () => {
  const before = await written({});
  expect(await written({ code: 'b', version: OTHER_HASH })).toBe(before);
  expect(await written({ memory: 512 })).not.toBe(before);
  expect(await written({ ofTeam: 'y' })).not.toBe(before);
});
