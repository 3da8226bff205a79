import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { AwsTarget } from './aws-target.ts';

const manifestSchema = z.object({
  files: z.record(z.string(), z.object({ destinations: z.record(z.string(), z.object({ objectKey: z.string() })) })),
});

/** Deletes, of what deploys have put into the account's bucket, all that no asset manifest of the last one names. */
export async function pruneAssets({ client }: AwsTarget, manifests: readonly unknown[]): Promise<void> {
  const kept = new Set(manifests.flatMap(objectKeysOf));
  const Bucket = await assetBucket(new CloudFormationClient(client));
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  // The bucket keeps versions, so whatever is deleted without naming one stays.
  let page: ListObjectVersionsCommandOutput | undefined;
  do {
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page ?? {};
    page = await s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }));
    const all = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    const Objects = all.flatMap(({ Key, VersionId }) =>
      Key === undefined || kept.has(Key) ? [] : [{ Key, VersionId }],
    );
    if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  } while (page.IsTruncated === true);
}

const objectKeysOf = (manifest: unknown): string[] =>
  Object.values(manifestSchema.parse(manifest).files).flatMap(({ destinations }) =>
    Object.values(destinations).map(({ objectKey }) => objectKey),
  );

async function assetBucket(cloudFormation: CloudFormationClient): Promise<string> {
  const { Stacks: [stack] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'CDKToolkit' }));
  const bucket = stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'BucketName')?.OutputValue;
  if (bucket === undefined) throw new Error('The stack CDKToolkit has no output BucketName.');
  return bucket;
}
