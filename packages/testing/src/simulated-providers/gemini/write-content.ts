import { isObject, type Json, parseJson } from '../engine/json.js';
import { dataEvent } from '../engine/sse.js';
import { type Frame, frame, type Said } from '../engine/vendor.js';
import { promptTotal, type ReplyEnd, wholeTotal } from '../meaning/reply.js';
import { signThought } from '../meaning/sign-thought.js';
import { splitPieces } from '../meaning/split-pieces.js';
import { camelCase } from './camel-case.js';
import { streamArguments } from './stream-arguments.js';

const REASONS: Readonly<Record<ReplyEnd, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  stop_sequence: 'STOP',
  tools: 'STOP',
  refused: 'SAFETY',
};

/** `told`: tokens of the answer so far, as chunks count them. */
function usageOf({ reply }: Said, told: number): Json {
  const { buckets } = reply;
  return {
    promptTokenCount: promptTotal(buckets),
    candidatesTokenCount: told,
    totalTokenCount: wholeTotal(buckets) - buckets.answer + told,
    ...(buckets.cacheRead > 0 ? { cachedContentTokenCount: buckets.cacheRead } : {}),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTotal(buckets) }],
    ...(buckets.reasoning > 0 ? { thoughtsTokenCount: buckets.reasoning } : {}),
  };
}

const shell = (said: Said, candidates: readonly Json[], told: number): Json => ({
  candidates,
  usageMetadata: usageOf(said, told),
  modelVersion: said.ask.model,
  responseId: said.call.id,
});

const blocked = (said: Said): Json => ({
  promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
  usageMetadata: usageOf(said, 0),
  modelVersion: said.ask.model,
  responseId: said.call.id,
});

/** The first call carries the signature of the thought behind all of them. */
const callParts = ({ reply }: Said): readonly Json[] =>
  reply.calls.map((call, index) => ({
    functionCall: { name: call.name, args: parseJson(call.arguments) },
    ...(index === 0 ? { thoughtSignature: signThought('gemini', call.name) } : {}),
  }));

export function writeContent(said: Said): Json {
  const { reply } = said;
  if (reply.end === 'refused') return blocked(said);
  const parts: Json[] = [
    ...(reply.thinking === null ? [] : [{ text: reply.thinking, thought: true }]),
    ...(reply.text === ''
      ? []
      : [{ text: reply.text, ...(reply.thinking === null ? {} : { thoughtSignature: signThought('gemini', reply.text) }) }]),
    ...callParts(said),
  ];
  const candidate = {
    content: { ...(parts.length > 0 ? { parts } : {}), role: 'model' },
    finishReason: REASONS[reply.end],
    index: 0,
  };
  return shell(said, [candidate], reply.buckets.answer);
}

/** Calls come whole unless their arguments were asked for piece by piece. */
function inPieces({ call }: Said, part: Json): readonly Json[] {
  const config = camelCase(call.body?.toolConfig ?? call.body?.tool_config);
  const calling = isObject(config) && isObject(config.functionCallingConfig) ? config.functionCallingConfig : {};
  if (calling.streamFunctionCallArguments !== true || !isObject(part.functionCall)) return [part];
  const [first, ...others] = streamArguments(String(part.functionCall.name), part.functionCall.args);
  return [{ ...part, functionCall: first }, ...others.map((functionCall) => ({ functionCall }))];
}

/** One response a frame: pieces of text, then each call whole; the last one tells why it ended. */
function chunksOf(said: Said): readonly { readonly value: Json; readonly content: boolean }[] {
  const { reply } = said;
  if (reply.end === 'refused') return [{ value: blocked(said), content: false }];
  let told = 0;
  const chunk = (part: Json, ending: Json, content: boolean) => ({
    value: shell(said, [{ content: { parts: [part], role: 'model' }, ...ending, index: 0 }], told),
    content,
  });
  const chunks = [
    ...splitPieces(reply.thinking ?? '').map((text) => chunk({ text, thought: true }, {}, true)),
    ...splitPieces(reply.text).map((text) => {
      told += 1;
      return chunk({ text }, {}, true);
    }),
    ...callParts(said)
      .flatMap((part) => inPieces(said, part))
      .map((part) => chunk(part, {}, true)),
  ];
  told = reply.buckets.answer;
  const signature = reply.thinking === null ? {} : { thoughtSignature: signThought('gemini', reply.text) };
  return [...chunks, chunk({ text: '', ...signature }, { finishReason: REASONS[reply.end] }, false)];
}

/** With `alt=sse` events, without it one JSON array that grows. */
export function writeContentFrames(said: Said): readonly Frame[] {
  const chunks = chunksOf(said);
  if (said.call.query.get('alt') === 'sse') return chunks.map(({ value, content }) => dataEvent(value, content)).map(crLf);
  return [
    ...chunks.map(({ value, content }, index) =>
      frame(`${index === 0 ? '[' : ',\r\n'}${JSON.stringify(value, null, 2)}`, content),
    ),
    frame('\n]\n'),
  ];
}

/** Google ends its lines with CR LF. */
const crLf = ({ bytes, content }: Frame): Frame => frame((bytes as string).replaceAll('\n', '\r\n'), content);
