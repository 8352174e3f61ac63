// Makes load in a process of its own, whose CPU nobody counts. One job at a time over the parent's channel.
import { type CallResult, LoadConnection } from './load-connection.ts';

export interface LoadJob {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Tokens that take turns, one for each request, instead of one in the headers. */
  readonly bearers?: readonly string[];
  /** Requests in all. */
  readonly requests: number;
  /** At most so many at once. */
  readonly concurrency: number;
  /** Milliseconds that each connection rests between two requests; 0 = none. */
  readonly restMs: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly events: number;
  readonly wallMs: number;
  /** Milliseconds at 50 and 99 %. */
  readonly firstByteMs: { readonly p50: number; readonly p99: number };
  readonly totalMs: { readonly p50: number; readonly p99: number };
}

export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const all = job.bearers?.map((bearer) => bytesOf(job, { authorization: `Bearer ${bearer}` })) ?? [bytesOf(job, {})];
  let turn = 0;
  const results: CallResult[] = [];
  let left = job.requests;
  const since = performance.now();
  const worker = async (): Promise<void> => {
    const connection = new LoadConnection(job.port);
    while (left > 0) {
      left -= 1;
      results.push(await connection.call(all[turn++ % all.length] as Buffer));
      if (job.restMs > 0) await new Promise((resolve) => setTimeout(resolve, job.restMs));
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: job.concurrency }, worker));
  const statuses: Record<string, number> = {};
  for (const { status } of results) statuses[status] = (statuses[status] ?? 0) + 1;
  return {
    requests: results.length,
    statuses,
    events: results.reduce((sum, result) => sum + result.events, 0),
    wallMs: performance.now() - since,
    firstByteMs: quantiles(results.map((result) => result.firstByteMs)),
    totalMs: quantiles(results.map((result) => result.totalMs)),
  };
}

function bytesOf(job: LoadJob, more: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries({
    host: `127.0.0.1:${job.port}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(job.body)),
    ...job.headers,
    ...more,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${job.path} HTTP/1.1\r\n${lines.join('')}\r\n${job.body}`);
}

function quantiles(values: number[]): { readonly p50: number; readonly p99: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

if (process.send !== undefined) {
  process.on('message', (job: LoadJob) => {
    runLoad(job).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}
