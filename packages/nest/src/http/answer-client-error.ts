import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '@tollgate/kernel';
import { type Refusal, refusalOf } from './refusal.js';

const LINGER_MS = 1_000;

/** What Node's parser calls them. */
const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers of the request are larger than 64 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request took too long to arrive.'],
};

/** A request that never became one: a clean answer where the connection can still carry it. */
export function answerClientError(
  error: Error & { code?: string; rawPacket?: Buffer },
  socket: Socket,
  newRequestId: () => string,
): void {
  // Already answered: the parser complains again about each further piece.
  if (socket.writableEnded) return;
  if (!socket.writable || error.code === 'ECONNRESET' || answersAnother(socket)) {
    socket.destroy();
    return;
  }
  const [code, message] =
    CODES[error.code ?? ''] ?? (['invalid_request', 'This is not a well-formed HTTP/1.1 request.'] as const);
  const requestId = newRequestId();
  endWithRefusal(socket, refusalOf(code, message, pathOfPacket(error.rawPacket), requestId), requestId);
}

/** An answer by hand, where Node gives none to write with; the connection ends with it. */
export function endWithRefusal(socket: Socket, refusal: Refusal, requestId: string): void {
  socket.on('error', () => undefined);
  socket.end(
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\n` +
      `content-type: ${refusal.contentType}\r\ncontent-length: ${Buffer.byteLength(refusal.body)}\r\n` +
      `x-request-id: ${requestId}\r\nx-tollgate-error-source: gateway\r\nconnection: close\r\n\r\n${refusal.body}`,
  );
  // What the client is still sending is read and dropped for a moment: closing on unread bytes resets the connection, and
  // the client would lose the answer that says what is wrong.
  socket.on('data', () => undefined);
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/**
 * An answer is under way on this connection (`_httpMessage`), and a second one must not be mixed into it; unless it belongs to
 * the very request whose body is broken, and nothing of it has been sent.
 */
function answersAnother(socket: Socket): boolean {
  const current = (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? null;
  return current !== null && (current.headersSent || current.req.complete);
}

/** The path of the request line, where the packet at hand begins with one. */
function pathOfPacket(packet: Buffer | undefined): string {
  return /^[A-Z]{3,7} (\/[^\s?]{0,64})/.exec(packet?.toString('latin1', 0, 128) ?? '')?.[1] ?? '/';
}
