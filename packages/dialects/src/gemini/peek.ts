import { decodeUtf8, fail, ok, type Result } from '@tollgate/kernel';
import { type JsonMember, JsonScanner } from '../json-scan/json-scanner.js';
import { JsonScanPlan } from '../json-scan/plan.js';
import type { Peek, PeekFailure, PeekHints, PeekLimits, PeekReader } from '../openai-chat/peek.js';
import { preparePeek as prepare } from '../openai-chat/peek.js';

/** Model and stream are in the path; what bounds the answer lies inside of `generationConfig` and is looked for apart. */
const NAMES = { messages: 'contents', maxTokens: 'generationConfig.maxOutputTokens', looseMessages: false } as const;

/** Both spellings that protobuf's JSON takes (https://protobuf.dev/programming-guides/json/). */
export const CONFIG_NAMES = ['generationConfig', 'generation_config'] as const;
/** It may hold a schema of the answer. */
export const CONFIG_BYTES_MAX = 256 * 1024;
const COUNT_BYTES_MAX = 32;
const COUNT_MAX = 1_000_000_000;
const ANSWERS_MAX = 128;

const OUTER = new JsonScanPlan({ members: CONFIG_NAMES.map((name) => ({ name, keepMax: CONFIG_BYTES_MAX })) });
const INNER = new JsonScanPlan({
  members: ['maxOutputTokens', 'max_output_tokens', 'candidateCount', 'candidate_count'].map((name) => ({
    name,
    keepMax: COUNT_BYTES_MAX,
  })),
});

export function preparePeek(limits: PeekLimits): (hints?: PeekHints) => PeekReader {
  const createReader = prepare(limits, NAMES);
  return (hints) => new ContentPeekReader(createReader(hints));
}

interface OutputBounds {
  readonly maxTokens: number | null;
  readonly n: number;
}

/** What policy needs of a request for content. */
class ContentPeekReader implements PeekReader {
  private readonly scanner = new JsonScanner(OUTER);
  private failure: PeekFailure | null = null;

  constructor(private readonly inner: PeekReader) {}

  push(chunk: Uint8Array): PeekFailure | null {
    this.failure ??= this.inner.push(chunk);
    if (this.failure !== null) return this.failure;
    const error = this.scanner.push(chunk);
    if (error !== null) this.failure = { code: 'invalid_request', message: error.message, param: error.member };
    return this.failure;
  }

  finish(): Result<Peek, PeekFailure> {
    if (this.failure !== null) return fail(this.failure);
    const peek = this.inner.finish();
    if (!peek.ok) return peek;
    const bounds = readBounds(this.scanner.at(0), this.scanner.at(1));
    return bounds.ok ? ok({ ...peek.value, ...bounds.value }) : bounds;
  }
}

function readBounds(camel: JsonMember | undefined, snake: JsonMember | undefined): Result<OutputBounds, PeekFailure> {
  const config = camel ?? snake;
  if (config === undefined || config.kind === 'null') return ok({ maxTokens: null, n: 1 });
  const [name] = CONFIG_NAMES;
  if (camel !== undefined && snake !== undefined) return refuse(name, `"${name}" stands there in two spellings.`);
  if (config.kind !== 'object') return refuse(name, `"${name}" must be an object.`);
  if (config.bytes === null) return refuse(name, `"${name}" is longer than ${CONFIG_BYTES_MAX} bytes.`);
  const scanner = new JsonScanner(INNER);
  const error = scanner.push(config.bytes) ?? scanner.finish();
  if (error !== null) return refuse(name, error.message);
  const maxTokens = readCount(scanner, 0, COUNT_MAX, `${name}.maxOutputTokens`);
  if (!maxTokens.ok) return maxTokens;
  const n = readCount(scanner, 2, ANSWERS_MAX, `${name}.candidateCount`);
  return n.ok ? ok({ maxTokens: maxTokens.value, n: n.value ?? 1 }) : n;
}

/** The member of that place or, in the other spelling, of the next. */
function readCount(scanner: JsonScanner, index: number, max: number, name: string): Result<number | null, PeekFailure> {
  const [camel, snake] = [scanner.at(index), scanner.at(index + 1)];
  const member = camel ?? snake;
  if (member === undefined || member.kind === 'null') return ok(null);
  if (camel !== undefined && snake !== undefined) return refuse(name, `"${name}" stands there in two spellings.`);
  const text = member.kind === 'number' && member.bytes !== null ? decodeUtf8(member.bytes) : '';
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= max ? ok(value) : refuse(name, `"${name}" must be a whole number from 1 to ${max}, or null.`);
}

const refuse = (param: string, message: string): { readonly ok: false; readonly error: PeekFailure } =>
  fail({ code: 'invalid_request', message, param });
