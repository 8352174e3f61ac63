import type { Call } from './call.js';

const LAST_CHUNK = '0\r\n\r\n';
/** Node writes a text of up to 16 KiB without allocating; a longer chunk goes as it is, between its borders. */
const ONE_PIECE_BYTES_MAX = 12 * 1024;

/**
 * The head has been made: from here on the borders of chunks (RFC 9112, section 7.1) are written here and not by Node, which
 * hands the socket four buffers for each chunk. As one text the length, the chunk and its end are one plain write.
 */
export function takeOverChunks(call: Call): void {
  const { response } = call;
  // False for a caller of HTTP/1.0, who gets bytes up to the end of the connection.
  call.chunked = response.chunkedEncoding;
  response.chunkedEncoding = false;
}

/** False where the socket does not take more for now: `drain` follows. */
export function writeChunk(call: Call, chunk: Uint8Array): boolean {
  const { response } = call;
  // A chunk of no length would be the last one.
  if (!call.chunked || chunk.length === 0) return response.write(chunk);
  if (chunk.length <= ONE_PIECE_BYTES_MAX) return response.write(framed(chunk), 'latin1');
  response.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
  response.write(chunk);
  return response.write('\r\n', 'latin1');
}

/** The end of the answer, with a last chunk before it where there is one. */
export function endChunks(call: Call, last: Uint8Array | null): void {
  const { response } = call;
  if (!call.chunked) response.end(last ?? undefined);
  else if (last === null || last.length === 0) response.end(LAST_CHUNK, 'latin1');
  else if (last.length <= ONE_PIECE_BYTES_MAX) response.end(framed(last) + LAST_CHUNK, 'latin1');
  else {
    writeChunk(call, last);
    response.end(LAST_CHUNK, 'latin1');
  }
}

/** Latin-1 keeps each byte. */
const framed = (chunk: Uint8Array): string =>
  `${chunk.length.toString(16)}\r\n${Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')}\r\n`;
