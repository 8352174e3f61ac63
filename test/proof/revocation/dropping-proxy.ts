import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface DroppingProxy {
  readonly url: string;
  /** From now on the next published message of that subject that holds the text goes nowhere. */
  dropNext(subject: string, text: string): void;
  /** How many were dropped since the start. */
  readonly dropped: number;
  /** Cuts every connection and takes none until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

const PUBLISH = /^H?PUB\s/i;

/** Stands before nats-server and reads what clients publish, so that a single message can be lost on its way. */
export async function startDroppingProxy(natsUrl: string): Promise<DroppingProxy> {
  const target = new URL(natsUrl);
  const sockets = new Set<Socket>();
  let wanted: { readonly subject: string; readonly text: string } | null = null;
  let [dropped, isCut] = [0, false];
  const drops = (line: string, payload: Buffer): boolean => {
    if (wanted === null || line.split(/\s+/)[1] !== wanted.subject || !payload.includes(wanted.text)) return false;
    wanted = null;
    dropped += 1;
    return true;
  };
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    client.setNoDelay(true);
    let held: Buffer = Buffer.alloc(0);
    client.on('data', (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const { passed, rest } = passOn(held, drops);
      held = rest;
      if (passed.length > 0) upstream.write(passed);
    });
    upstream.on('data', (chunk) => client.write(chunk));
    for (const [own, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(own);
      own.on('error', () => other.destroy());
      own.on('close', () => {
        sockets.delete(own);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const credentials = target.username === '' ? '' : `${target.username}${target.password === '' ? '' : `:${target.password}`}@`;
  return {
    url: `nats://${credentials}127.0.0.1:${address.port}`,
    dropNext: (subject, text) => {
      wanted = { subject, text };
    },
    get dropped() {
      return dropped;
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    close: async () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Whole operations of the protocol (https://docs.nats.io/reference/reference-protocols/nats-protocol), less those that are dropped. */
function passOn(
  bytes: Buffer,
  drops: (line: string, payload: Buffer) => boolean,
): { readonly passed: Buffer; readonly rest: Buffer } {
  const passed: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) break;
    const line = bytes.toString('latin1', at, end);
    let next = end + 2;
    if (PUBLISH.test(line)) {
      const size = Number(line.trimEnd().split(/\s+/).at(-1));
      next += size + 2;
      if (bytes.length < next) break;
      if (drops(line, bytes.subarray(end + 2, next - 2))) {
        at = next;
        continue;
      }
    }
    passed.push(bytes.subarray(at, next));
    at = next;
  }
  return { passed: Buffer.concat(passed), rest: bytes.subarray(at) };
}
