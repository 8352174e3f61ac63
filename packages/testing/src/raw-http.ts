import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0 where the server closed without an answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Everything after the head, transfer coding included. */
  readonly body: string;
}

export interface RawRequest {
  readonly port: number;
  /** The bytes as they go over the wire, request line and headers included. */
  readonly bytes: string | Uint8Array;
  readonly timeoutMs?: number;
  /** A loopback address to call from; what is limited by address can be asked from several. */
  readonly from?: string;
}

/** Sends bytes that no HTTP client would, and reads the answer to its end (or to the server's close). */
export function sendRaw(request: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({
      ...{ port: request.port, host: '127.0.0.1' },
      ...(request.from !== undefined && { localAddress: request.from }),
    });
    const parts: Buffer[] = [];
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(readAnswer(Buffer.concat(parts)));
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`No whole answer within ${request.timeoutMs ?? 10_000} ms`));
    }, request.timeoutMs ?? 10_000);
    socket.on('data', (part) => {
      parts.push(part);
      if (isWhole(Buffer.concat(parts))) finish();
    });
    socket.on('close', finish);
    // A server that refuses early resets while we still write: what it answered before counts.
    socket.on('error', finish);
    socket.write(request.bytes);
  });
}

function readAnswer(bytes: Buffer): RawAnswer {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0),
    headers,
    body: end < 0 ? '' : bytes.subarray(end + 4).toString('utf8'),
  };
}

function isWhole(bytes: Buffer): boolean {
  const { status, headers, body } = readAnswer(bytes);
  if (status === 0 || bytes.indexOf('\r\n\r\n') < 0) return false;
  if (headers['content-length'] !== undefined) return Buffer.byteLength(body) >= Number(headers['content-length']);
  return headers['transfer-encoding'] === 'chunked' && body.endsWith('0\r\n\r\n');
}
