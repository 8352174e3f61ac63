import type { AnswerReader, AnswerSink, FailureDetails } from './answer-reader.js';
import type { Conversation } from './conversation.js';
import { ErrorReader } from './error-reader.js';
import { EventReader } from './event-reader.js';
import { JsonReader } from './json-reader.js';
import { RefusalReader } from './refusal-reader.js';
import { StreamReader } from './stream-reader.js';
import { WholeReader } from './whole-reader.js';

export interface AnswerStart {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly stream: boolean;
  readonly usageAsked: boolean;
  readonly requestBytes: number;
  /** Milliseconds since the epoch, for Retry-After dates. */
  readonly nowMs: number;
  /** null = OpenAI's chat on both sides, whose bytes are only watched. */
  readonly conversation: Conversation | null;
}

/** The reader that fits the head of an answer, or why none does. */
export function chooseReader(sink: AnswerSink, start: AnswerStart): AnswerReader | FailureDetails {
  const { status, headers } = start;
  const { conversation } = start;
  if (status < 200 || status >= 300) {
    return conversation === null ? new ErrorReader(sink, start) : new RefusalReader(sink, conversation, start);
  }
  const encoding = textOf(headers['content-encoding']);
  if (encoding !== '' && encoding !== 'identity') {
    return {
      code: 'upstream_invalid',
      message: 'The provider sent a compressed answer, which was not asked for.',
      internalMessage: `content-encoding ${encoding}`,
    };
  }
  const type = textOf(headers['content-type']);
  const media = type.split(';', 1)[0]?.trim() ?? '';
  if (conversation !== null) {
    if (start.stream && media === conversation.vendor.streamType) return new EventReader(sink, conversation);
    if (isJson(media)) return new WholeReader(start.stream ? refuseAnswers(sink) : sink, conversation);
  } else if (start.stream && media === 'text/event-stream') return new StreamReader(sink, start.usageAsked, start.requestBytes);
  if (isJson(media) && conversation === null) {
    // A stream was asked for: a JSON answer can only be an error, which its reader will find, or is of no use.
    return start.stream ? new JsonReader(refuseAnswers(sink), start.requestBytes) : new JsonReader(sink, start.requestBytes);
  }
  return {
    code: 'upstream_invalid',
    message: 'The provider sent something that is no answer.',
    internalMessage: `content-type ${type.slice(0, 100) || 'absent'}`,
  };
}

const isJson = (media: string): boolean => media === 'application/json' || media.endsWith('+json');

const textOf = (value: string | string[] | undefined): string =>
  (Array.isArray(value) ? (value[0] ?? '') : (value ?? '')).toLowerCase();

const NO_STREAM: FailureDetails = {
  code: 'upstream_invalid',
  message: 'The provider sent a whole answer where a stream was asked for.',
};

const refuseAnswers = (sink: AnswerSink): AnswerSink => ({
  emit: () => sink.fail(NO_STREAM),
  complete: () => sink.fail(NO_STREAM),
  fail: (details) => sink.fail(details),
});
