import type { ServerResponse } from 'node:http';
import { answerOf, type SimulatedRequest, usageJson } from './answer.js';
import type { Behaviour } from './behaviour.js';
import type { LedgerEntry } from './ledger.js';

/** One request on its way: what to say, whom to say it to, and the account that is kept of it. */
export interface Exchange {
  readonly request: SimulatedRequest;
  readonly entry: LedgerEntry;
  readonly response: ServerResponse;
}

const CREATED = 1_760_000_000;
const SSE = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
const JSON_TYPE = { 'content-type': 'application/json' };

export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const chunk = (exchange: Exchange, choices: readonly unknown[], usage: unknown = null): unknown => ({
  id: exchange.entry.id,
  object: 'chat.completion.chunk',
  created: CREATED,
  model: exchange.request.model,
  system_fingerprint: 'fp_simulated',
  choices,
  ...(exchange.request.includeUsage ? { usage } : {}),
});

export const delta = (exchange: Exchange, content: unknown, finishReason: string | null = null): string =>
  event(chunk(exchange, [{ index: 0, delta: content, logprobs: null, finish_reason: finishReason }]));

export const head = (exchange: Exchange, headers: Readonly<Record<string, string>>): void => {
  exchange.entry.status = 200;
  exchange.response.writeHead(200, { ...headers, 'x-request-id': exchange.entry.id, 'openai-processing-ms': '1' });
};

const wholeAnswer = (exchange: Exchange, message: unknown, finishReason: string): string =>
  JSON.stringify({
    id: exchange.entry.id,
    object: 'chat.completion',
    created: CREATED,
    model: exchange.request.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: usageJson(exchange.entry.usage),
    system_fingerprint: 'fp_simulated',
  });

const streamTail = (exchange: Exchange, finishReason: string): string =>
  delta(exchange, {}, finishReason) +
  (exchange.request.includeUsage ? event(chunk(exchange, [], usageJson(exchange.entry.usage))) : '') +
  'data: [DONE]\n\n';

/** A good answer, whole or word by word. */
export function writeAnswer(exchange: Exchange, behaviour: Extract<Behaviour, { kind: 'answer' }>): void {
  const { entry, request, response } = exchange;
  const answer = answerOf(request, entry.id, behaviour.frames);
  entry.usage = answer.usage;
  if (!request.stream) {
    const wait = behaviour.firstByteMs + behaviour.intervalMs * answer.words.length;
    const send = (): void => {
      head(exchange, JSON_TYPE);
      entry.framesSent = answer.words.length;
      const message = { role: 'assistant', content: answer.words.join(''), refusal: null };
      response.end(wholeAnswer(exchange, message, answer.finishReason));
    };
    if (wait === 0) send();
    else later(response, wait, send);
    return;
  }
  const start = (): void => {
    head(exchange, SSE);
    response.write(delta(exchange, { role: 'assistant', content: '' }));
    if (behaviour.intervalMs === 0) {
      for (const word of answer.words) {
        response.write(delta(exchange, { content: word }));
        entry.framesSent += 1;
      }
      response.end(streamTail(exchange, answer.finishReason));
    } else pace(exchange, answer.words, behaviour.intervalMs, answer.finishReason);
  };
  if (behaviour.firstByteMs === 0) start();
  else later(response, behaviour.firstByteMs, start);
}

function pace(exchange: Exchange, words: readonly string[], intervalMs: number, finishReason: string): void {
  const { entry, response } = exchange;
  const timer = setInterval(() => {
    const word = words[entry.framesSent];
    if (word !== undefined) {
      response.write(delta(exchange, { content: word }));
      entry.framesSent += 1;
      return;
    }
    clearInterval(timer);
    response.end(streamTail(exchange, finishReason));
  }, intervalMs);
  response.on('close', () => clearInterval(timer));
}

/** Runs unless the reader has left by then. */
function later(response: ServerResponse, ms: number, run: () => void): void {
  const timer = setTimeout(run, ms);
  response.on('close', () => clearTimeout(timer));
}

/** A call of the first tool that was offered, its arguments cut into three pieces as real upstreams do. */
export function writeToolCall(exchange: Exchange): void {
  const { entry, request, response } = exchange;
  const name = request.toolNames[0] ?? 'lookup';
  const text = JSON.stringify({ query: 'amber', seed: request.seed });
  const id = `call_${entry.id.slice(9)}`;
  entry.usage = { promptTokens: request.promptTokens, cachedTokens: 0, completionTokens: 12 };
  entry.framesSent = 12;
  if (!request.stream) {
    head(exchange, JSON_TYPE);
    const call = { id, type: 'function', function: { name, arguments: text } };
    response.end(wholeAnswer(exchange, { role: 'assistant', content: null, refusal: null, tool_calls: [call] }, 'tool_calls'));
    return;
  }
  head(exchange, SSE);
  const first = { index: 0, id, type: 'function', function: { name, arguments: text.slice(0, 5) } };
  response.write(delta(exchange, { role: 'assistant', content: null, tool_calls: [first] }));
  for (const piece of [text.slice(5, 12), text.slice(12)]) {
    response.write(delta(exchange, { tool_calls: [{ index: 0, function: { arguments: piece } }] }));
  }
  response.end(streamTail(exchange, 'tool_calls'));
}

/** Content without end, as fast as it is taken: what the reader does not read stays unsent. */
export function writeBig(exchange: Exchange, bytes: number): void {
  const { entry, request, response } = exchange;
  const piece = 'x'.repeat(16_000);
  let left = Math.ceil(bytes / piece.length);
  entry.usage = { promptTokens: request.promptTokens, cachedTokens: 0, completionTokens: left };
  head(exchange, request.stream ? SSE : JSON_TYPE);
  if (!request.stream)
    response.write('{"id":"big","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"');
  const write = (): void => {
    while (left > 0) {
      left -= 1;
      entry.framesSent += 1;
      if (!response.write(request.stream ? delta(exchange, { content: piece }) : piece)) {
        response.once('drain', write);
        return;
      }
    }
    response.end(
      request.stream
        ? streamTail(exchange, 'stop')
        : `"},"finish_reason":"stop"}],"usage":${JSON.stringify(usageJson(entry.usage))}}`,
    );
  };
  write();
}
