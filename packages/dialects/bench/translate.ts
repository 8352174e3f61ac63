// CPU of one translated call, both directions: a request of 4 KB and an answer of 1 KB, whole and streamed in some 60
// events. Run after a build: node packages/dialects/bench/translate.ts
import { type CanonicalEvent, DIALECT_ROWS, type Dialect, defaultTarget } from '../dist/index.js';

const CONTEXT = { now: 1_700_000_000, id: 'id', model: 'm', includeUsage: true, inputTokensEstimate: 1 };
const WORDS = 'the quick brown fox jumps over the lazy dog and then some ';
const text = (length: number): string => WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length);
const parameters = { type: 'object', properties: { town: { type: 'string', description: text(60) } }, required: ['town'] };
const REQUEST = {
  model: 'a-model',
  messages: [
    { role: 'system', content: text(900) },
    { role: 'user', content: text(700) },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"town":"Oslo"}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: text(500) },
    { role: 'assistant', content: text(500) },
    { role: 'user', content: text(300) },
  ],
  tools: ['weather', 'clock', 'search'].map((name) => ({
    type: 'function',
    function: { name, description: text(80), parameters },
  })),
  max_completion_tokens: 500,
  temperature: 0.5,
};
const request = new TextEncoder().encode(JSON.stringify(REQUEST));
const rows = DIALECT_ROWS.filter(({ caller, upstream }) => caller !== null && upstream !== null);

function must<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const usage = { input: 900, cacheRead: 100, cacheWrite: 0, inputAudio: 0, output: 220, reasoning: 0, outputAudio: 0 };

function* events(): Generator<CanonicalEvent> {
  yield { type: 'start', id: 'a', model: 'm', createdAt: 1 };
  yield { type: 'part_start', index: 0, candidate: 0, part: { type: 'text', text: '' } };
  for (let i = 0; i < 56; i += 1) yield { type: 'part_delta', index: 0, text: text(18) };
  yield { type: 'part_end', index: 0 };
  yield { type: 'stop', candidate: 0, reason: 'stop' };
  yield { type: 'usage', usage };
  yield { type: 'end' };
}

/** Microseconds of CPU per run, the best of five rounds. */
function measure(run: () => void): number {
  const runs = 2000;
  for (let i = 0; i < runs; i += 1) run();
  let best = Infinity;
  for (let round = 0; round < 5; round += 1) {
    const from = process.cpuUsage();
    for (let i = 0; i < runs; i += 1) run();
    const { user, system } = process.cpuUsage(from);
    best = Math.min(best, (user + system) / runs);
  }
  return best;
}

for (const caller of rows)
  for (const upstream of rows) {
    const inbound = asked(caller);
    const reply = upstream.caller?.writeReply(
      {
        source: 'ollama',
        id: 'a',
        model: 'm',
        createdAt: 1,
        candidates: [{ parts: [{ type: 'text', text: text(1000) }], stop: 'stop' }],
        usage,
      },
      CONTEXT,
    ).body as Uint8Array;
    const stream = chunksOf(upstream);
    const whole = measure(() => {
      const read = must((caller.caller as NonNullable<Dialect['caller']>).readRequest(inbound, { model: 'm' }));
      upstream.upstream?.writeRequest(read, defaultTarget('m'));
      caller.caller?.writeReply(must((upstream.upstream as NonNullable<Dialect['upstream']>).readReply(reply)), CONTEXT);
    });
    const streamed = measure(() => {
      const writer = (caller.caller as NonNullable<Dialect['caller']>).createStreamWriter(CONTEXT);
      const reader = upstream.upstream?.createStreamReader((event) => writer.write(event));
      for (const chunk of stream) {
        reader?.push(chunk);
        writer.take();
      }
      reader?.finish();
      writer.take();
    });
    process.stdout.write(
      `${caller.name} -> ${upstream.name}: request ${inbound.length} B + answer ${reply.length} B ${whole.toFixed(1)} us; ` +
        `stream of ${stream.length} chunks ${streamed.toFixed(1)} us (${(streamed / stream.length).toFixed(2)} us each)\n`,
    );
  }

/** The same call in the caller's dialect. */
function asked(caller: Dialect): Uint8Array {
  const chat = rows.find(({ name }) => name === 'openai-chat') as Dialect;
  const read = must((chat.caller as NonNullable<Dialect['caller']>).readRequest(request));
  return caller.upstream?.writeRequest({ ...read, source: caller.name }, defaultTarget('m')).body as Uint8Array;
}

function chunksOf(upstream: Dialect): Uint8Array[] {
  const writer = (upstream.caller as NonNullable<Dialect['caller']>).createStreamWriter(CONTEXT);
  const chunks: Uint8Array[] = [];
  for (const event of events()) {
    writer.write(event);
    const bytes = writer.take();
    if (bytes.length > 0) chunks.push(bytes);
  }
  return chunks;
}
