import type { IncomingMessage, ServerResponse } from 'node:http';

const KEPT_ALIVE_BYTES_MAX = 64 * 1024;
/** With its head it still fits in the 16 KiB that Node writes without allocating. */
const ONE_PIECE_BYTES_MAX = 12 * 1024;
const LINGER_BYTES_MAX = 64 * 1024 * 1024;
const LINGER_MS_MAX = 1_000;

/**
 * One whole answer. Where the caller is still sending a long body, the answer goes out at once and what follows is dropped
 * for a bounded while: closing on unread bytes resets the connection, and the caller would lose the answer.
 */
export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: { readonly status: number; readonly headers: string[]; readonly body: Uint8Array },
): void {
  if (response.destroyed || response.headersSent) return;
  const { headers, body } = answer;
  headers.push('content-length', String(body.length));
  if (request.complete || remaining(request) <= KEPT_ALIVE_BYTES_MAX) {
    response.writeHead(answer.status, headers);
    if (request.method === 'HEAD') response.end();
    // As a text it leaves in one piece with the head, which spares the socket a vector of buffers; Latin-1 keeps each byte.
    else if (body.length <= ONE_PIECE_BYTES_MAX) response.end(latin1(body), 'latin1');
    else response.end(body);
    return;
  }
  if (!headers.includes('connection')) headers.push('connection', 'close');
  response.writeHead(answer.status, headers);
  response.write(body);
  linger(request, response);
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

function remaining(request: IncomingMessage): number {
  const length = request.headers['content-length'];
  if (length !== undefined) return Number(length);
  // RFC 9112, section 6.3: a request that names neither has no body.
  return request.headers['transfer-encoding'] === undefined ? 0 : Number.POSITIVE_INFINITY;
}

function linger(request: IncomingMessage, response: ServerResponse): void {
  let left = LINGER_BYTES_MAX;
  const end = (): void => {
    clearTimeout(timer);
    request.removeAllListeners('data');
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS_MAX);
  request.removeAllListeners('data');
  request.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  request.once('end', end);
  request.once('close', end);
  request.resume();
}
