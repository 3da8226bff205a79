/** Reads bytes from the start of a body, at most `limitBytes` of them; what lies beyond is given up unread. */
export async function bytesUpTo(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<{ bytes: Uint8Array; isComplete: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytesLeft = limitBytes;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, bytesLeft));
    if (chunk.length > bytesLeft) return { bytes: Buffer.concat(chunks), isComplete: false };
    bytesLeft -= chunk.length;
  }
  return { bytes: Buffer.concat(chunks), isComplete: true };
}
