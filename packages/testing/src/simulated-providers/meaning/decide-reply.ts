import type { Ask } from './ask.js';
import { type Directives, readDirectives } from './directives.js';
import { exampleOfSchema } from './example-of-schema.js';
import type { Reply, ReplyCall, ReplyEnd, SimulatedBuckets } from './reply.js';
import { splitPieces } from './split-pieces.js';

const WORDS = 'amber basil cedar delta ember fjord grove heron indigo juniper kelp lotus maple nectar olive pearl'.split(' ');

/** The same ask always gives the same reply, down to its tokens. */
export function decideReply(ask: Ask): Reply {
  const orders = readDirectives(ask.prompt);
  const thinking = ask.thinking ? (orders.think ?? `Weighing ${wordsOf(`thought ${ask.prompt}`, 5)}`) : null;
  if (orders.refuse) return finish(ask, orders, { thinking: null, text: '', calls: [], end: 'refused' });
  const calls = callsOf(ask, orders);
  const text = textOf(ask, orders, calls);
  return finish(ask, orders, { thinking, text, calls, end: calls.length > 0 ? 'tools' : 'stop' });
}

function callsOf(ask: Ask, orders: Directives): readonly ReplyCall[] {
  if (ask.choice.kind === 'none') return [];
  const offered = (call: ReplyCall): boolean => ask.tools.some((tool) => tool.name === call.name);
  if (orders.loop !== null && ask.resultsSoFar < orders.loop.times) return [orders.loop].filter(offered);
  if (ask.results.length > 0) return [];
  const forced = ask.choice.kind === 'tool' ? ask.choice.name : null;
  const ordered = orders.calls.filter((call) => offered(call) && (forced === null || call.name === forced));
  if (ordered.length > 0) return ask.parallel ? ordered : ordered.slice(0, 1);
  if (ask.choice.kind === 'auto') return [];
  const tool = ask.tools.find(({ name }) => forced === null || name === forced);
  return tool === undefined ? [] : [{ name: tool.name, arguments: JSON.stringify(exampleOfSchema(tool.schema ?? {})) }];
}

function textOf(ask: Ask, orders: Directives, calls: readonly ReplyCall[]): string {
  if (calls.length > 0) return orders.say ?? '';
  if (ask.schema !== null) return JSON.stringify(exampleOfSchema(ask.schema));
  if (ask.results.length > 0) {
    return ask.results.map(({ name, text, failed }) => `${name} ${failed ? 'failed' : 'said'}: ${text}`).join('\n');
  }
  if (orders.say !== null) return orders.say;
  const missing = orders.calls.map(({ name }) => `There is no tool ${name}.`);
  const seen = ask.media.map(
    ({ mediaType, bytes }) => `I see ${mediaType}${bytes === null ? ' by its address' : ` of ${bytes} bytes`}.`,
  );
  return [...missing, ...seen, wordsOf(ask.prompt, orders.words ?? 4 + (hash(ask.prompt) % 13))].join(' ');
}

type Draft = Pick<Reply, 'thinking' | 'text' | 'calls' | 'end'>;

/** Cuts the draft to the stop sequences and to the tokens that are allowed, and counts what is left. */
function finish(ask: Ask, orders: Directives, draft: Draft): Reply {
  const stopped = cutAtStop(draft.text, ask.stops);
  let left = ask.maxTokens ?? Number.POSITIVE_INFINITY;
  const take = (text: string): string => {
    const pieces = splitPieces(text);
    const taken = pieces.slice(0, Math.max(0, left));
    left -= pieces.length;
    return taken.join('');
  };
  const thinking = draft.thinking === null ? null : take(draft.thinking);
  const text = take(stopped.text);
  const calls =
    stopped.sequence === null ? draft.calls.filter((call) => take(`${call.name} ${call.arguments}`) !== '' && left >= 0) : [];
  const end: ReplyEnd = left < 0 ? 'length' : stopped.sequence === null ? draft.end : 'stop_sequence';
  return {
    thinking,
    redacted: orders.redact,
    text,
    calls,
    end,
    stopSequence: stopped.sequence,
    buckets: bucketsOf(ask, orders, { thinking, text, calls }),
  };
}

function cutAtStop(text: string, stops: readonly string[]): { readonly text: string; readonly sequence: string | null } {
  const [first] = stops
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at);
  return first === undefined ? { text, sequence: null } : { text: text.slice(0, first.at), sequence: first.sequence };
}

function bucketsOf(ask: Ask, orders: Directives, said: Pick<Reply, 'thinking' | 'text' | 'calls'>): SimulatedBuckets {
  const limit = ask.cachesMarkedOnly ? ask.markedTokens : ask.promptTokens - 1;
  const cacheRead = Math.min(orders.cached.read, limit);
  const told = ask.tellsCacheWrites === true ? Math.min(orders.cached.written, limit - cacheRead) : 0;
  const cacheWritten = ask.cachesMarkedOnly ? ask.markedTokens - cacheRead : told;
  const calls = said.calls.reduce((sum, call) => sum + splitPieces(`${call.name} ${call.arguments}`).length, 0);
  return {
    fresh: ask.promptTokens - cacheRead - cacheWritten,
    cacheRead,
    cacheWritten,
    answer: (splitPieces(said.text).length + calls) * (ask.choices ?? 1),
    reasoning: splitPieces(said.thinking ?? '').length * (ask.choices ?? 1),
  };
}

export function wordsOf(seed: string, count: number): string {
  let state = hash(seed);
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return WORDS[state >>> 28] as string;
  }).join(' ');
}

/** FNV-1a, 32 bits. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
