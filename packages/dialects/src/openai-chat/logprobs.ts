import type { Logprob, TokenLogprob } from '../canonical/logprob.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeNumber, takeObject, takeText } from '../json/take.js';

const readOne = (entry: JsonObject): Logprob => ({
  token: takeText(entry['token']) ?? '',
  logprob: takeNumber(entry['logprob']) ?? 0,
  bytes: Array.isArray(entry['bytes']) ? entry['bytes'].filter((byte): byte is number => typeof byte === 'number') : null,
});

/** `logprobs` of a choice: those of the content, or of the refusal where there is no content. */
export function readLogprobs(value: JsonValue | undefined): readonly TokenLogprob[] | undefined {
  const fields = takeObject(value);
  const content = takeArray(fields['content']);
  const entries = content.length > 0 ? content : takeArray(fields['refusal']);
  if (entries.length === 0) return undefined;
  return entries.map((entry) => {
    const fieldsOfEntry = takeObject(entry);
    return { ...readOne(fieldsOfEntry), top: takeArray(fieldsOfEntry['top_logprobs']).map((top) => readOne(takeObject(top))) };
  });
}

export function writeLogprobs(logprobs: readonly TokenLogprob[] | undefined): JsonObject | null {
  if (logprobs === undefined) return null;
  const content = logprobs.map(({ token, logprob, bytes, top }) => ({
    token,
    logprob,
    bytes,
    top_logprobs: top.map((one) => ({ token: one.token, logprob: one.logprob, bytes: one.bytes })),
  }));
  return { content, refusal: null };
}
