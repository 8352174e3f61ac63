import { DIALECTS, type Dialect, type Endpoint, type UpstreamFailure } from '@tollgate/contracts';
import {
  findDialect,
  type PeekLimits,
  type PeekReader,
  preparePeek,
  type RequestHints,
  translates,
  type WrittenError,
  writeError,
  writeErrorEvent,
} from '@tollgate/dialects';
import type { TollgateError } from '@tollgate/kernel';
import { canonicalFailure, statusOfFailure } from './canonical-failure.js';

type Failure = TollgateError | UpstreamFailure;

/** What in a body stands for more tokens than its bytes; each as it is written in JSON. */
export interface References {
  readonly images: readonly Buffer[];
  readonly audio: readonly Buffer[];
  /** What the provider fetches by itself. */
  readonly fetched: readonly Buffer[];
}

/** A public door: which grammar is spoken there, and to whom such a call can go. */
export interface Ingress {
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  /** In which a provider may serve it: the own one, and those that it can be brought to. */
  readonly dialects: readonly Dialect[];
  readonly references: References;
  createReader(hints?: RequestHints): PeekReader;
  writeError(failure: Failure, requestId: string): WrittenError;
  /** For a stream whose head is out: its last event. */
  writeErrorEvent(failure: Failure, requestId: string): Uint8Array;
  /** The chunk after which a caller takes a stream for complete: by then its settlement must be on file. */
  isLast(chunk: Uint8Array): boolean;
}

export const LIMITS: PeekLimits = { messagesMax: 100_000 };
export const marks = (...texts: string[]): readonly Buffer[] => texts.map((text) => Buffer.from(text));
export const dialectsFor = (own: Dialect): readonly Dialect[] => [own, ...DIALECTS.filter((other) => translates(own, other))];

const LINE_FEED = 0x0a;
const BRACKET = 0x5d;
const LETTER_E = 0x45;

/** OpenAI's chat completions: what most callers speak, so its errors and ends are written without a detour. */
export const CHAT_COMPLETIONS: Ingress = {
  path: '/v1/chat/completions',
  endpoint: 'chat.completions',
  dialect: 'openai-chat',
  dialects: dialectsFor('openai-chat'),
  references: {
    images: marks('"image_url"'),
    audio: marks('"input_audio"', '"audio"'),
    fetched: marks('"file_id"', '"web_search'),
  },
  createReader: preparePeek(LIMITS),
  writeError: (failure) => writeError(failure),
  writeErrorEvent: (failure) => writeErrorEvent(failure),
  /** `[DONE]`, an empty line. */
  isLast: (chunk) => {
    const end = chunk.length;
    return (
      chunk[end - 1] === LINE_FEED && chunk[end - 2] === LINE_FEED && chunk[end - 3] === BRACKET && chunk[end - 4] === LETTER_E
    );
  },
};

const MESSAGE_STOP = Buffer.from('"message_stop"');

/** Anthropic's messages (https://platform.claude.com/docs/en/api/messages). */
export const MESSAGES: Ingress = ingressOf('/v1/messages', 'anthropic-messages', {
  references: {
    images: marks('"image"'),
    audio: [],
    fetched: marks('"document"', '"file_id"', '"web_search', '"web_fetch', '"container_upload"'),
  },
  isLast: (chunk) => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).includes(MESSAGE_STOP),
});

/** A door in any dialect that callers speak: its own grammar for requests, errors and the end of a stream. */
export function ingressOf(path: string, name: Dialect, own: Pick<Ingress, 'references' | 'isLast'>): Ingress {
  const caller = findDialect(name)?.caller;
  if (caller == null) throw new Error(`callers cannot speak ${name}`);
  return {
    ...own,
    path,
    endpoint: 'chat.completions',
    dialect: name,
    dialects: dialectsFor(name),
    createReader: caller.preparePeek(LIMITS),
    writeError: (failure, requestId) => {
      const httpStatus = statusOfFailure(failure);
      // A provider's own words are in this dialect already.
      const shown = 'body' in failure ? failure.body : null;
      const body = shown === null ? caller.writeError(canonicalFailure(failure), requestId).body : Buffer.from(shown);
      return { httpStatus, body };
    },
    writeErrorEvent: (failure, requestId) => {
      const context = { now: 0, id: requestId, model: '', includeUsage: false, inputTokensEstimate: 0 };
      const writer = caller.createStreamWriter(context);
      writer.write({ type: 'error', error: canonicalFailure(failure) });
      return writer.take();
    },
  };
}
