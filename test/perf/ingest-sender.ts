// Plays the routers of the ingest bench, in a process that nobody counts: sends bodies of 50 records, as a spool does, over
// NATS, so many at once. Each job is `{ records, tokens, seed }`; the answer tells how long it took.
import { randomBytes } from 'node:crypto';
import { encodeUtf8, newId } from '@tollgate/kernel';
import { connectNats } from '@tollgate/transport';

const RECORDS_PER_BODY = 50;
const BODIES_AT_ONCE = 60;
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

export interface IngestJob {
  readonly records: number;
  readonly tokens: number;
}
export interface IngestResult {
  readonly seconds: number;
  readonly committed: number;
  readonly recordBytes: number;
}

const transport = await connectNats({
  servers: process.argv[2] as string,
  name: 'ingest-bench',
  clock,
  randomBytes: (count) => randomBytes(count),
});

/** About what a router writes of a chat call: one attempt, a price, all fields. */
function lineOf(number: number, tokens: number): string {
  const token = String(Math.floor(Math.random() * tokens)).padStart(6, '0');
  const usage = {
    input: 900 + (number % 97),
    cacheRead: 0,
    cacheWrite: 0,
    inputAudio: 0,
    output: 120,
    reasoning: 0,
    outputAudio: 0,
  };
  const price = {
    source: 'genai-prices@0.1.8:openai/gpt-4o',
    currency: 'USD',
    input: '2.5',
    output: '10',
    cacheRead: '1.25',
    cacheWrite: null,
    inputAudio: null,
    outputAudio: null,
    tiers: [],
    perRequest: null,
  };
  const cost = { amount: `0.00${345 + (number % 97)}`, currency: 'USD' };
  const now = clock.now();
  return `${JSON.stringify({
    v: 1,
    id: newId('req', now, randomBytes),
    clientRequestId: `client-${number}`,
    traceId: randomBytes(16).toString('hex'),
    organisationId: 'org_bench',
    teamId: null,
    tokenId: `tok_bench${token}`,
    secretId: `sec_bench${token}`,
    endpoint: 'chat.completions',
    dialect: 'openai-chat',
    model: 'openai/gpt-4o',
    stream: number % 2 === 0,
    outcome: 'succeeded',
    status: 200,
    errorCode: null,
    startedAt: now - 500,
    durationMs: 512.5,
    firstByteMs: 101.25,
    overheadMs: 1.5,
    requestBytes: 4_000,
    responseBytes: 1_200,
    attempts: [
      {
        number: 1,
        deploymentId: 'dep_bench',
        provider: 'openai',
        upstreamModel: 'gpt-4o',
        status: 200,
        errorCode: null,
        startedAt: now - 500,
        firstByteMs: 100,
        durationMs: 510,
        upstreamRequestId: `chatcmpl-${number}`,
        usage,
        basis: 'reported',
        price,
        cost,
      },
    ],
    usage,
    basis: 'reported',
    cost,
    unverified: false,
    metadata: {},
  })}\n`;
}

async function run({ records, tokens }: IngestJob): Promise<IngestResult> {
  const bodies: Uint8Array[] = [];
  for (let sent = 0; sent < records; sent += RECORDS_PER_BODY) {
    const lines = Array.from({ length: RECORDS_PER_BODY }, (_, index) => lineOf(sent + index, tokens));
    bodies.push(encodeUtf8(lines.join('')));
  }
  const recordBytes = Math.round((bodies[0]?.length ?? 0) / RECORDS_PER_BODY);
  let committed = 0;
  const since = performance.now();
  const sender = async (): Promise<void> => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const answer = await transport.request('usage.v1.settled', body, { timeoutMs: 30_000 });
      committed += (JSON.parse(new TextDecoder().decode(answer)) as { committed: number }).committed;
    }
  };
  await Promise.all(Array.from({ length: BODIES_AT_ONCE }, sender));
  return { seconds: (performance.now() - since) / 1_000, committed, recordBytes };
}

process.on('message', (job: IngestJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
