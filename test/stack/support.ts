import type { LedgerEntry, Stack } from '@tollgate/testing';
import { waitFor } from '@tollgate/testing';

export interface ChatOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of another router than the first. */
  readonly url?: string;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** A chat call with plain fetch, for what an SDK would hide. */
export function chat(stack: Stack, body: Readonly<Record<string, unknown>>, options: ChatOptions = {}): Promise<Response> {
  return fetch(`${options.url ?? stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${options.token ?? stack.token}`,
      ...options.headers,
    },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], ...body }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

export interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string };
}
export const errorOf = async (response: Response): Promise<ErrorBody['error']> => ((await response.json()) as ErrorBody).error;

let calls = 0;
/** A name for one call, by which the ledgers are joined: `user` upstream, `x-request-id` in the usage record. */
export function newCallName(): string {
  calls += 1;
  return `call-${process.pid}-${calls}`;
}

export interface UsageRecordView {
  readonly id: string;
  readonly client_request_id: string | null;
  readonly trace_id: string;
  readonly token_id: string;
  readonly model: string;
  readonly stream: boolean;
  readonly outcome: string;
  readonly status: number;
  readonly error_code: string | null;
  readonly basis: string;
  readonly tokens: Readonly<Record<'input' | 'cache_read' | 'output', number>>;
  readonly cost: { readonly amount: string; readonly currency: string } | null;
  readonly attempts: readonly { readonly upstream_request_id: string | null; readonly status: number | null }[];
}

/** The one usage record of a call, once it has arrived. */
export async function recordOf(stack: Stack, name: string, timeoutMs = 10_000): Promise<UsageRecordView> {
  return waitFor(
    async () => {
      const { status, body } = await stack.api(`/api/v1/usage/records?client_request_id=${name}`);
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
      const records = (body as { data: UsageRecordView[] }).data;
      if (records.length > 1) throw new Error(`${records.length} records of ${name}`);
      return records[0];
    },
    { timeoutMs, intervalMs: 50, what: `the usage record of ${name}` },
  );
}

/** What the upstream noted of a call. */
export const entriesOf = async (stack: Stack, name: string): Promise<readonly LedgerEntry[]> =>
  (await stack.upstream.ledger()).filter((entry) => entry.user === name);

/** Reads the events of a stream until it ends; a broken connection ends it, too. */
export async function readEvents(response: Response): Promise<{ readonly events: readonly string[]; readonly broken: boolean }> {
  let text = '';
  let broken = false;
  const decoder = new TextDecoder();
  try {
    for await (const part of response.body as ReadableStream<Uint8Array>) text += decoder.decode(part, { stream: true });
  } catch {
    broken = true;
  }
  const events = text.split('\n\n').flatMap((event) => {
    const line = event.split('\n').find((candidate) => candidate.startsWith('data:'));
    return line === undefined ? [] : [line.slice(5).trim()];
  });
  return { events, broken };
}
