import type { TokenLogprob } from '../canonical/logprob.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeNumber, takeObject, takeText } from '../json/take.js';

const readOne = (value: JsonValue): Omit<TokenLogprob, 'top'> => {
  const entry = takeObject(value);
  return { token: takeText(entry['token']) ?? '', logprob: takeNumber(entry['logProbability']) ?? 0, bytes: null };
};

export function readLogprobs(value: JsonValue | undefined): readonly TokenLogprob[] | undefined {
  const result = takeObject(value);
  const chosen = takeArray(result['chosenCandidates']);
  if (chosen.length === 0) return undefined;
  const top = takeArray(result['topCandidates']);
  return chosen.map((entry, at) => ({ ...readOne(entry), top: takeArray(takeObject(top[at])['candidates']).map(readOne) }));
}

export function writeLogprobs(logprobs: readonly TokenLogprob[] | undefined): JsonObject | undefined {
  if (logprobs === undefined) return undefined;
  return {
    chosenCandidates: logprobs.map(({ token, logprob }) => ({ token, logProbability: logprob })),
    topCandidates: logprobs.map(({ top }) => ({
      candidates: top.map(({ token, logprob }) => ({ token, logProbability: logprob })),
    })),
  };
}
