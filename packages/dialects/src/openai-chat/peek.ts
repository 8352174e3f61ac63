import type { EditableSpans, Span } from '@tollgate/contracts';
import { type ErrorCode, fail, ok, type Result } from '@tollgate/kernel';
import { type JsonMember, type JsonScanError, JsonScanner } from '../json-scan/json-scanner.js';
import { JsonScanPlan } from '../json-scan/plan.js';
import { readIncludeUsage } from './stream-options.js';

/** What in a body tells that it belongs to a conversation: raw JSON texts, null where they are absent or too long to be names. */
export interface PeekBelonging {
  readonly cacheKey: Uint8Array | null;
  readonly metadata: Uint8Array | null;
  readonly user: Uint8Array | null;
  /** Where the messages stand. */
  readonly messages: Span;
}

/** What policy needs of a chat completion request; all else stays in the bytes, unread. */
export interface Peek {
  readonly model: string;
  readonly stream: boolean;
  readonly maxTokens: number | null;
  readonly maxCompletionTokens: number | null;
  /** Answers asked for, 1 where the caller does not say. */
  readonly n: number;
  /** `stream_options.include_usage` is true. */
  readonly usageAsked: boolean;
  readonly hasTools: boolean;
  readonly messageCount: number;
  readonly belonging: PeekBelonging;
  readonly spans: EditableSpans;
}

export interface PeekFailure {
  readonly code: ErrorCode;
  /** Public. */
  readonly message: string;
  /** The field at fault, null where the whole body is. */
  readonly param: string | null;
}

export interface PeekLimits {
  /** More messages than this are refused with `body_too_large`. */
  readonly messagesMax: number;
}

export interface PeekReader {
  /** The next bytes of the body; returns why the call is refused as soon as that is known, and the same ever after. */
  push(chunk: Uint8Array): PeekFailure | null;
  finish(): Result<Peek, PeekFailure>;
}

const MODEL_LENGTH_MAX = 256;
const NUMBER_BYTES_MAX = 32;
const TOKENS_MAX = 1_000_000_000;
const ANSWERS_MAX = 128;
const STREAM_OPTIONS_BYTES_MAX = 4096;
const MESSAGES_MAX = 100_000;
/** Six bytes per UTF-16 unit where all is escaped, and the quotes. */
const MODEL_BYTES_MAX = 6 * MODEL_LENGTH_MAX + 2;

const MODEL = 0;
const STREAM = 1;
const MAX_TOKENS = 2;
const MAX_COMPLETION_TOKENS = 3;
const STREAM_OPTIONS = 4;
const N = 5;
const MESSAGES = 6;
const TOOLS = 7;
const FUNCTIONS = 8;
const CACHE_KEY = 9;
const METADATA = 10;
const USER = 11;
const REFUSED = 12;

const CACHE_KEY_BYTES_MAX = 512;
const METADATA_BYTES_MAX = 2048;

/** What a grammar calls the members; one that it lacks is given a name that no body has. */
export interface PeekNames {
  readonly messages: string;
  readonly maxTokens: string;
  /** `messages` may be absent, or a text. */
  readonly looseMessages: boolean;
  /** Members that no call may have unless they are false, null or absent, with the reason. */
  readonly refused?: readonly { readonly name: string; readonly message: string }[];
}

/** What the path says where the body does not (Gemini). */
export interface PeekHints {
  readonly model?: string;
  readonly stream?: boolean;
}

const CHAT_NAMES: PeekNames = { messages: 'messages', maxTokens: 'max_tokens', looseMessages: false };

const planFor = (messagesMax: number, names: PeekNames): JsonScanPlan =>
  new JsonScanPlan({
    members: [
      { name: 'model', keepMax: MODEL_BYTES_MAX },
      { name: 'stream', keepMax: 0 },
      { name: names.maxTokens, keepMax: NUMBER_BYTES_MAX },
      { name: 'max_completion_tokens', keepMax: NUMBER_BYTES_MAX },
      { name: 'stream_options', keepMax: STREAM_OPTIONS_BYTES_MAX },
      { name: 'n', keepMax: NUMBER_BYTES_MAX },
      { name: names.messages, keepMax: 0, childrenMax: messagesMax },
      { name: 'tools', keepMax: 0 },
      { name: 'functions', keepMax: 0 },
      { name: 'prompt_cache_key', keepMax: CACHE_KEY_BYTES_MAX },
      { name: 'metadata', keepMax: METADATA_BYTES_MAX },
      { name: 'user', keepMax: CACHE_KEY_BYTES_MAX },
      ...(names.refused ?? []).map(({ name }) => ({ name, keepMax: 0 })),
    ],
  });

const defaultPlan = planFor(MESSAGES_MAX, CHAT_NAMES);

/** Makes the readers of one router: the limits are settled once. */
export function preparePeek(limits: PeekLimits, names: PeekNames = CHAT_NAMES): (hints?: PeekHints) => PeekReader {
  const plan = planFor(limits.messagesMax, names);
  return (hints) => new ChatPeekReader(plan, names, hints);
}

/** A reader for one body that arrives in pieces (or in one). */
export const createPeek = (): PeekReader => new ChatPeekReader(defaultPlan, CHAT_NAMES);

class Refusal extends Error {
  constructor(readonly failure: PeekFailure) {
    super(failure.message);
  }
}

class ChatPeekReader implements PeekReader {
  private readonly scanner: JsonScanner;
  private failure: PeekFailure | null = null;

  constructor(
    plan: JsonScanPlan,
    private readonly names: PeekNames,
    private readonly hints: PeekHints = {},
  ) {
    this.scanner = new JsonScanner(plan);
  }

  push(chunk: Uint8Array): PeekFailure | null {
    if (this.failure === null) this.note(this.scanner.push(chunk));
    return this.failure;
  }

  finish(): Result<Peek, PeekFailure> {
    if (this.failure === null) this.note(this.scanner.finish());
    if (this.failure !== null) return fail(this.failure);
    try {
      return ok(this.read());
    } catch (error) {
      if (error instanceof Refusal) return fail(error.failure);
      throw error;
    }
  }

  private note(error: JsonScanError | null): void {
    if (error !== null) this.failure = { code: codeOf(error), message: error.message, param: error.member };
  }

  private read(): Peek {
    const scanner = this.scanner;
    const model = scanner.at(MODEL);
    const streamOptions = scanner.at(STREAM_OPTIONS);
    const messages = scanner.at(MESSAGES);
    const { messages: list, maxTokens, looseMessages, refused } = this.names;
    if (refused !== undefined) checkRefused(scanner, refused);
    if (!looseMessages) {
      if (messages === undefined) throw refusal(list, `"${list}" is missing: send an array of messages.`);
      if (messages.kind !== 'array') throw refusal(list, `"${list}" must be an array.`);
    }
    return {
      model: this.hints.model ?? readModel(model),
      stream: this.hints.stream ?? readStream(scanner.at(STREAM)),
      maxTokens: readCount(scanner.at(MAX_TOKENS), maxTokens, TOKENS_MAX),
      maxCompletionTokens: readCount(scanner.at(MAX_COMPLETION_TOKENS), 'max_completion_tokens', TOKENS_MAX),
      n: readCount(scanner.at(N), 'n', ANSWERS_MAX) ?? 1,
      usageAsked: readUsageAsked(streamOptions),
      hasTools: hasEntries(scanner.at(TOOLS), 'tools') || hasEntries(scanner.at(FUNCTIONS), 'functions'),
      messageCount: messages?.children ?? 0,
      belonging: {
        cacheKey: scanner.at(CACHE_KEY)?.bytes ?? null,
        metadata: scanner.at(METADATA)?.bytes ?? null,
        user: scanner.at(USER)?.bytes ?? null,
        messages: messages === undefined ? [0, 0] : spanOf(messages),
      },
      spans: {
        // A model in the path has no place in the body.
        model: model === undefined ? [0, 0] : spanOf(model),
        maxTokens: spanOrNull(scanner.at(MAX_TOKENS)),
        maxCompletionTokens: spanOrNull(scanner.at(MAX_COMPLETION_TOKENS)),
        streamOptions: spanOrNull(streamOptions),
        insertAt: scanner.insertAt,
      },
    };
  }
}

function checkRefused(scanner: JsonScanner, refused: NonNullable<PeekNames['refused']>): void {
  refused.forEach(({ name, message }, index) => {
    const kind = scanner.at(REFUSED + index)?.kind ?? 'null';
    if (kind !== 'null' && kind !== 'false') throw refusal(name, message);
  });
}

function codeOf(error: JsonScanError): ErrorCode {
  if (error.kind === 'syntax') return 'invalid_json';
  return error.kind === 'too_many' ? 'body_too_large' : 'invalid_request';
}

const spanOf = (member: JsonMember): Span => [member.start, member.end];
const spanOrNull = (member: JsonMember | undefined): Span | null => (member === undefined ? null : spanOf(member));
const refusal = (param: string, message: string): Refusal => new Refusal({ code: 'invalid_request', message, param });

// `ignoreBOM` keeps a leading U+FEFF as part of the name, as an upstream would.
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// An error object takes a stack trace, which costs more than the whole reading: made only where it is thrown.
const tooLong = (): Refusal => refusal('model', `"model" is longer than ${MODEL_LENGTH_MAX} characters.`);

function readModel(member: JsonMember | undefined): string {
  if (member === undefined) throw refusal('model', '"model" is missing: name a model as GET /v1/models lists it.');
  if (member.kind !== 'string') throw refusal('model', '"model" must be a string.');
  if (member.bytes === null) throw tooLong();
  let model: string;
  try {
    model = JSON.parse(strictDecoder.decode(member.bytes)) as string;
  } catch {
    throw refusal('model', '"model" is not valid UTF-8.');
  }
  if (model.length > MODEL_LENGTH_MAX) throw tooLong();
  if (model === '') throw refusal('model', '"model" is empty: name a model as GET /v1/models lists it.');
  return model;
}

function readStream(member: JsonMember | undefined): boolean {
  if (member === undefined || member.kind === 'null' || member.kind === 'false') return false;
  if (member.kind === 'true') return true;
  throw refusal('stream', '"stream" must be true, false or null.');
}

function readCount(member: JsonMember | undefined, name: string, max: number): number | null {
  if (member === undefined || member.kind === 'null') return null;
  const wanted = (): Refusal => refusal(name, `"${name}" must be a whole number from 1 to ${max}, or null.`);
  if (member.kind !== 'number' || member.bytes === null) throw wanted();
  let value = 0;
  for (const byte of member.bytes) {
    // A sign, a point or an exponent: upstreams disagree on what `1e3` is.
    if (byte < 0x30 || byte > 0x39) throw wanted();
    value = value * 10 + byte - 0x30;
  }
  if (value < 1 || value > max) throw wanted();
  return value;
}

function readUsageAsked(member: JsonMember | undefined): boolean {
  if (member === undefined || member.kind === 'null') return false;
  if (member.kind !== 'object') throw refusal('stream_options', '"stream_options" must be an object or null.');
  if (member.bytes === null)
    throw refusal('stream_options', `"stream_options" is longer than ${STREAM_OPTIONS_BYTES_MAX} bytes.`);
  const asked = readIncludeUsage(member.bytes);
  if (asked.ok) return asked.value.asked;
  throw refusal('stream_options', asked.error);
}

function hasEntries(member: JsonMember | undefined, name: string): boolean {
  if (member === undefined || member.kind === 'null') return false;
  if (member.kind !== 'array') throw refusal(name, `"${name}" must be an array.`);
  return member.children > 0;
}
