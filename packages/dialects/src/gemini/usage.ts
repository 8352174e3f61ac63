import type { Usage } from '@tollgate/contracts';
import { inputOf, totalOf } from '../canonical/sum-usage.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { takeArray, takeCount, takeObject } from '../json/take.js';

/**
 * `usageMetadata` (https://ai.google.dev/api/generate-content#UsageMetadata): the prompt includes what the cache held; thoughts and
 * the prompts of tools that Google ran stand beside the prompt and the candidates. Null where there are no counts yet.
 */
export function readUsage(value: JsonValue | undefined): Usage | null {
  if (!isObject(value)) return null;
  const prompt = takeCount(value['promptTokenCount']);
  const candidates = takeCount(value['candidatesTokenCount']);
  const total = takeCount(value['totalTokenCount']);
  if (prompt === null && candidates === null && total === null) return null;
  const input = (prompt ?? 0) + (takeCount(value['toolUsePromptTokenCount']) ?? 0);
  const cacheRead = Math.min(input, takeCount(value['cachedContentTokenCount']) ?? 0);
  const inputAudio = Math.min(input - cacheRead, audioOf(value['promptTokensDetails']));
  const reasoning = takeCount(value['thoughtsTokenCount']) ?? 0;
  const shown = Math.max(candidates ?? 0, total === null ? 0 : total - input - reasoning);
  const outputAudio = Math.min(shown, audioOf(value['candidatesTokensDetails']));
  return {
    input: input - cacheRead - inputAudio,
    cacheRead,
    cacheWrite: 0,
    inputAudio,
    output: shown - outputAudio,
    reasoning,
    outputAudio,
  };
}

function audioOf(details: JsonValue | undefined): number {
  const audio = takeArray(details)
    .map(takeObject)
    .find((detail) => detail['modality'] === 'AUDIO');
  return takeCount(audio?.['tokenCount']) ?? 0;
}

export function writeUsage(usage: Usage): JsonObject {
  return {
    promptTokenCount: inputOf(usage),
    cachedContentTokenCount: usage.cacheRead || undefined,
    candidatesTokenCount: usage.output + usage.outputAudio,
    thoughtsTokenCount: usage.reasoning || undefined,
    totalTokenCount: totalOf(usage),
    promptTokensDetails: usage.inputAudio > 0 ? [{ modality: 'AUDIO', tokenCount: usage.inputAudio }] : undefined,
    candidatesTokensDetails: usage.outputAudio > 0 ? [{ modality: 'AUDIO', tokenCount: usage.outputAudio }] : undefined,
  };
}
