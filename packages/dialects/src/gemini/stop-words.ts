import type { StopReason } from '../canonical/stop-reason.js';

const READ: Readonly<Record<string, StopReason>> = {
  FINISH_REASON_UNSPECIFIED: 'stop',
  STOP: 'stop',
  CONTINUATION: 'pause',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
  MALFORMED_FUNCTION_CALL: 'error',
  UNEXPECTED_TOOL_CALL: 'error',
  TOO_MANY_TOOL_CALLS: 'error',
};

export const readStopWord = (word: string): StopReason => (Object.hasOwn(READ, word) ? (READ[word] as StopReason) : 'other');

export function writeStopWord(reason: StopReason): string {
  if (reason === 'length' || reason === 'context_window') return 'MAX_TOKENS';
  if (reason === 'content_filter' || reason === 'refusal') return 'SAFETY';
  return reason === 'error' || reason === 'other' ? 'OTHER' : 'STOP';
}
