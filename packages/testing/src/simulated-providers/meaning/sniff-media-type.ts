const STARTS: readonly (readonly [string, readonly number[]])[] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['application/pdf', [0x25, 0x50, 0x44, 0x46]],
  ['audio/mpeg', [0x49, 0x44, 0x33]],
];

/** The bytes of standard base64, null where it is none. */
export function decodeBase64(text: string): Buffer | null {
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 === 1) return null;
  return Buffer.from(text, 'base64');
}

/** What the bytes are by their first ones, null where that is not told. */
export function sniffMediaType(bytes: Uint8Array): string | null {
  for (const [mediaType, start] of STARTS) if (start.every((byte, index) => bytes[index] === byte)) return mediaType;
  const text = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (text.startsWith('RIFF')) return text.endsWith('WEBP') ? 'image/webp' : 'audio/wav';
  return null;
}

/** `data:image/png;base64,...` in its two parts, null where it is none. */
export function readDataUrl(url: string): { readonly mediaType: string; readonly bytes: Buffer } | null {
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  const bytes = data === undefined ? null : decodeBase64(data);
  return mediaType === undefined || bytes === null ? null : { mediaType, bytes };
}
