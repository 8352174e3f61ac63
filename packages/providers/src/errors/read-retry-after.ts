import { type Fields, isFields, textField } from '../signers/json-fields.js';
import { readDuration } from './read-duration.js';

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000;

/**
 * How long an upstream asks to wait, in milliseconds (0 to a day); null = it does not say. What is exact goes first:
 *
 * 1. `retry-after-ms` (Azure OpenAI, OpenAI's own SDKs read it).
 * 2. `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
 * 3. `google.rpc.RetryInfo` in the body (https://cloud.google.com/apis/design/errors#error_details).
 * 4. The reset of a limit that is used up, of the headers (see {@link resetOfExhausted}).
 * 5. `X-RateLimit-Reset` inside the body's `error.metadata.headers`, where OpenRouter repeats it.
 * 6. "Please try again in 6m0s" (OpenAI, Groq) or "retry after 20 seconds" (Azure) in the text of the error.
 *
 * `body` is the parsed body of the error where it has come and is JSON.
 */
export function readRetryAfter(headers: AnswerHeaders, body: unknown, nowMs: number): number | null {
  const found =
    numberOf(headers['retry-after-ms']) ??
    retryAfter(textOf(headers['retry-after']), nowMs) ??
    retryInfo(body) ??
    resetOfExhausted(headers, nowMs) ??
    resetInBody(body, nowMs) ??
    delayInText(messageOf(body));
  return found === null ? null : Math.min(RETRY_AFTER_MS_MAX, Math.max(0, Math.ceil(found)));
}

function retryAfter(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const seconds = numberOf(text);
  if (seconds !== null) return seconds * 1000;
  // Date.parse takes nearly anything (`-5` is a year): a date of HTTP begins with the day's name.
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : date - nowMs;
}

/** `retryDelay` of Gemini and Vertex is protobuf's JSON of a Duration: `"34.07s"`. */
function retryInfo(body: unknown): number | null {
  const error = errorOf(body);
  const details = error?.['details'];
  if (!Array.isArray(details)) return null;
  for (const detail of details) {
    if (!isFields(detail) || detail['@type'] !== 'type.googleapis.com/google.rpc.RetryInfo') continue;
    return readDuration(textField(detail, 'retryDelay') ?? '');
  }
  return null;
}

/** `<scope>` is `requests`, `tokens`, `input-tokens`, `tokens-minute`, `requests-day` ...; some vendors have one limit and no scope. */
const REMAINING = /^(?:x-ratelimit|anthropic-ratelimit)(?:-([a-z-]+))?-remaining(?:-([a-z-]+))?$/;

/**
 * The longest wait among limits of which nothing remains. Forms: OpenAI and Groq `x-ratelimit-reset-tokens: 6m0s`, Cerebras
 * `x-ratelimit-reset-tokens-minute: 11.38` (seconds), Anthropic `anthropic-ratelimit-tokens-reset: 2026-01-01T00:00:09Z`,
 * GitHub and OpenRouter `x-ratelimit-reset: 1767268809` (seconds, or milliseconds, of the epoch).
 */
function resetOfExhausted(headers: AnswerHeaders, nowMs: number): number | null {
  let longest: number | null = null;
  for (const [name, value] of Object.entries(headers)) {
    const scope = REMAINING.exec(name);
    if (scope === null || numberOf(value) !== 0) continue;
    const wait = readReset(textOf(headers[name.replace('-remaining', '-reset')]), nowMs);
    if (wait !== null && (longest === null || wait > longest)) longest = wait;
  }
  return longest;
}

const EPOCH_SECONDS_MIN = 1e9;
const EPOCH_MS_MIN = 1e12;

function readReset(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const number = numberOf(text);
  if (number !== null) {
    if (number >= EPOCH_MS_MIN) return number - nowMs;
    return number >= EPOCH_SECONDS_MIN ? number * 1000 - nowMs : number * 1000;
  }
  if (/^\d{4}-\d\d-\d\dT/.test(text)) {
    const date = Date.parse(text);
    return Number.isNaN(date) ? null : date - nowMs;
  }
  return readDuration(text);
}

function resetInBody(body: unknown, nowMs: number): number | null {
  const metadata = errorOf(body)?.['metadata'];
  const headers = isFields(metadata) && isFields(metadata['headers']) ? metadata['headers'] : null;
  return headers === null ? null : readReset(textField(headers, 'X-RateLimit-Reset'), nowMs);
}

const IN_TEXT =
  /(?:try again in|retry (?:after|in)) (\d{1,9}(?:\.\d{1,9})?) ?(?:seconds?|s\b)|(?:try again in|retry in) ((?:\d{1,9}(?:\.\d{1,9})?(?:ms|h|m|s)){1,4})/i;

function delayInText(text: string): number | null {
  const found = IN_TEXT.exec(text.slice(0, 2_000));
  if (found === null) return null;
  return found[1] === undefined ? readDuration(found[2] ?? '') : Number(found[1]) * 1000;
}

/** `error` of the body; Google wraps it in a list where an array was streamed. */
function errorOf(body: unknown): Fields | null {
  const whole = Array.isArray(body) ? body[0] : body;
  return isFields(whole) && isFields(whole['error']) ? whole['error'] : null;
}

const messageOf = (body: unknown): string => {
  const error = errorOf(body);
  if (error !== null) return textField(error, 'message') ?? '';
  return isFields(body) ? (textField(body, 'message') ?? '') : '';
};

const textOf = (value: string | string[] | undefined): string | null =>
  Array.isArray(value) ? (value[0] ?? null) : (value ?? null);

/** A number without sign or exponent; what is finer than a nanosecond is cut off. */
function numberOf(value: string | string[] | undefined): number | null {
  const found = /^(\d{1,13}(?:\.\d{1,9})?)\d*$/.exec(textOf(value)?.trim() ?? '');
  return found === null || found[1] === undefined || (!found[1].includes('.') && found[1] !== found[0]) ? null : Number(found[1]);
}
