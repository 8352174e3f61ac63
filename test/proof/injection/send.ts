import { Agent, request } from 'node:http';
import { sendRaw } from '@tollgate/testing';

export interface Question {
  /** Of the service: `http://127.0.0.1:port`. */
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  /** 0 = the connection ended without one. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** undefined where it is no JSON. */
  readonly json: unknown;
  readonly ms: number;
}

const ADDRESSES = 200;
const agents = new Map<string, Agent>();
let turn = 0;

/** As many callers as there are loopback addresses: what is limited by address does not limit the proof. */
const nextAddress = (): string => {
  turn += 1;
  return `127.0.0.${2 + (turn % ADDRESSES)}`;
};

function nextAgent(): { readonly agent: Agent; readonly localAddress: string } {
  const localAddress = nextAddress();
  let agent = agents.get(localAddress);
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, maxSockets: 4 });
    agents.set(localAddress, agent);
  }
  return { agent, localAddress };
}

export function closeAgents(): void {
  for (const agent of agents.values()) agent.destroy();
  agents.clear();
}

const TIMEOUT_MS = 30_000;

/** As an HTTP client would send it. */
export function send({ origin, method, path, headers, body }: Question): Promise<Answer> {
  const since = performance.now();
  return new Promise((resolve) => {
    const finish = (status: number, given: Record<string, string>, text: string): void =>
      resolve({ status, headers: given, text, json: jsonOf(given, text), ms: performance.now() - since });
    const question = request(
      origin + path,
      {
        method,
        headers: { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) },
        ...nextAgent(),
        timeout: TIMEOUT_MS,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => finish(response.statusCode ?? 0, flat(response.headers), Buffer.concat(parts).toString('utf8')));
        response.on('error', () => finish(0, {}, ''));
      },
    );
    question.on('timeout', () => question.destroy());
    question.on('error', () => finish(0, {}, ''));
    question.end(body);
  });
}

/** As no HTTP client would: the header's value goes out as it is, whatever it holds. */
export async function sendBytes(question: Question, name: string, value: string): Promise<Answer> {
  const since = performance.now();
  const lines = Object.entries({ host: 'gateway', connection: 'close', ...question.headers, [name]: value }).map(
    ([key, text]) => `${key}: ${text}\r\n`,
  );
  const length = question.body === undefined ? '' : `content-length: ${Buffer.byteLength(question.body)}\r\n`;
  const head = `${question.method} ${question.path} HTTP/1.1\r\n${lines.join('')}${length}\r\n`;
  const bytes = Buffer.from(head + (question.body ?? ''), 'utf8');
  try {
    const { status, headers, body } = await sendRaw({
      port: Number(new URL(question.origin).port),
      bytes,
      timeoutMs: TIMEOUT_MS,
      from: nextAddress(),
    });
    const text = headers['transfer-encoding'] === 'chunked' ? unchunked(body) : body;
    return { status, headers, text, json: jsonOf(headers, text), ms: performance.now() - since };
  } catch {
    return { status: 0, headers: {}, text: '', json: undefined, ms: performance.now() - since };
  }
}

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );

const unchunked = (body: string): string => body.replace(/(^|\r\n)[0-9a-f]+\r\n/gi, '').replace(/\r\n$/, '');

function jsonOf(headers: Readonly<Record<string, string>>, text: string): unknown {
  if (!/json/.test(headers['content-type'] ?? '')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether the value ends the head of the request, so that the rest of it is another one. */
export const endsRequest = (value: string): boolean => value.includes('\r\n\r\n');

/** Works through the list with so many at a time. */
export async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let index = next++; index < items.length; index = next++) await work(items[index] as T);
    }),
  );
}
