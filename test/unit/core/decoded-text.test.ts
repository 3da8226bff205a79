import { expect, test } from 'vitest';
import { decodedText } from '../../../functions/core/decoded-text.ts';

const latin = (text: string) => Buffer.from(text, 'latin1');
const utf16le = (text: string) => Buffer.from(text, 'utf16le');
const utf16be = (text: string) => utf16le(text).swap16();

test.each([
  ['UTF-8 unless it says otherwise', Buffer.from('é'), undefined, 'é'],
  ['a charset of its type', latin('Größe'), 'text/plain; charset=ISO-8859-1', 'Größe'],
  ['in quotes', latin('Größe'), 'text/plain; Charset="latin1"; x=y', 'Größe'],
  ['windows-1252, which browsers mean by it', Buffer.from([0x80]), 'text/csv;charset=iso-8859-1', '€'],
  ['gbk', Buffer.from([0xc4, 0xe3]), 'text/html; charset=gbk', '你'],
  ['Shift_JIS', Buffer.from([0x83, 0x65]), 'text/html; charset=Shift_JIS', 'テ'],
  ['UTF-16LE', utf16le('ü'), 'text/plain; charset=utf-16le', 'ü'],
  ['UTF-16BE', utf16be('ü'), 'text/plain; charset=utf-16be', 'ü'],
  ['a mark of UTF-8, before its type', Buffer.from('\ufeffé'), 'text/plain; charset=latin1', 'é'],
  ['a mark of UTF-16LE', utf16le('\ufeffü'), 'text/plain', 'ü'],
  ['a mark of UTF-16BE', utf16be('\ufeffü'), undefined, 'ü'],
  [
    'a page that names it',
    latin('<html><head><meta charset="windows-1252">ü'),
    'text/html',
    '<html><head><meta charset="windows-1252">ü',
  ],
  [
    'a page that names it as HTML 4 did',
    latin('<META http-equiv="Content-Type" content="text/html; charset=iso-8859-1">ü'),
    'text/html',
    '<META http-equiv="Content-Type" content="text/html; charset=iso-8859-1">ü',
  ],
  [
    'XML that names it',
    latin('<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>'),
    'application/xml',
    '<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>',
  ],
  ['a page that names UTF-16 in ASCII', Buffer.from('<meta charset=utf-16>ü'), 'text/html', '<meta charset=utf-16>ü'],
  ['no page', Buffer.from('<meta charset=latin1>ü'), 'text/plain', '<meta charset=latin1>ü'],
  ['a picture that is text', Buffer.from('<svg>ü</svg>'), 'image/svg+xml', '<svg>ü</svg>'],
  ['U+FFFD that was sent', Buffer.from('\ufffd'), 'text/plain', '\ufffd'],
  ['nothing', Buffer.from(''), undefined, ''],
])('reads %s', (_, bytes, contentType, text) => {
  expect(decodedText(bytes, contentType)).toBe(text);
});

test.each([
  ['what is no UTF-8', latin('ü'), 'text/plain'],
  ['what is not in the charset that it names', latin('ü'), 'text/plain; charset=utf-8'],
  ['half of a character', Buffer.from('ü').subarray(0, 1), 'text/plain'],
  ['half of UTF-16', utf16le('ü').subarray(0, 1), 'text/plain; charset=utf-16'],
  ['a charset that nobody knows', Buffer.from('a'), 'text/plain; charset=martian'],
  ['a charset that browsers refuse', Buffer.from('a'), 'text/plain; charset=iso-2022-kr'],
  ['an image, whatever its bytes', Buffer.from('a'), 'image/png'],
  ['an image, whatever it says', Buffer.from('a'), 'image/png; charset=utf-8'],
  ['sound', Buffer.from('a'), 'audio/mpeg'],
  ['a page that names a charset that nobody knows', Buffer.from('<meta charset=martian>'), 'text/html'],
])('refuses %s', (_, bytes, contentType) => {
  expect(decodedText(bytes, contentType)).toBeUndefined();
});

test('leaves out half a character where bytes were cut', () => {
  expect(decodedText(Buffer.from('aü').subarray(0, 2), 'text/plain', true)).toBe('a');
  expect(decodedText(Buffer.from([0x61, 0xfc, 0x62]), 'text/plain', true)).toBeUndefined();
});
