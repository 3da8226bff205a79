import { readFile } from 'node:fs/promises';
import { initializeImageMagick, ResourceLimits } from '@imagemagick/magick-wasm';

/** A page has 64 KB. An image of 50 megapixels that is turned takes 700 MB; the class has 3.5 GB for two at a time. */
const MAX_MEMORY_PAGES = 16_384;

const MEMORY_SECTION = 5;

/** Loads ImageMagick, with a memory that ends at a gigabyte: WebAssembly never gives memory back, and no heap limit holds for it. */
export async function loadMagick(): Promise<void> {
  const code = await readFile(new URL(import.meta.resolve('@imagemagick/magick-wasm/magick.wasm')));
  await initializeImageMagick(withMaximumMemory(code, MAX_MEMORY_PAGES));
  // What does not fit would go to a disk, which here is more memory.
  ResourceLimits.disk = 0n;
}

/** Returns the module with another maximum of its one memory (WebAssembly core specification, section 5.5.8). */
function withMaximumMemory(code: Buffer, pages: number): Buffer {
  let section = 8;
  while (code[section] !== MEMORY_SECTION) {
    const [bytes, start] = integerAt(code, section + 1);
    section = start + bytes;
  }
  const [, count] = integerAt(code, section + 1);
  const [, minimum] = integerAt(code, count + 2);
  const [, end] = integerAt(code, minimum);
  // The number is written as long as the one that it replaces, so that nothing behind it moves.
  for (let place = minimum, rest = pages; place < end; place++, rest >>>= 7) {
    code[place] = (rest & 127) | (place < end - 1 ? 128 : 0);
  }
  return code;
}

/** Reads a number in LEB128, and where it ends. */
function integerAt(code: Buffer, start: number): readonly [value: number, end: number] {
  let value = 0;
  for (let place = start, shift = 0; ; place++, shift += 7) {
    const byte = code.readUInt8(place);
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, place + 1];
  }
}
