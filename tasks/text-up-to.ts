/** UTF-8 text from the start of a body, at most `limitBytes` of it; what lies beyond is given up unread. */
export async function textUpTo(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<{ text: string; complete: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  let bytesLeft = limitBytes;
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, bytesLeft), { stream: true });
    bytesLeft -= chunk.length;
    if (bytesLeft < 0) return { text, complete: false };
  }
  return { text: text + decoder.decode(), complete: true };
}
