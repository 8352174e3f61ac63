import type { StopReason } from '../canonical/stop-reason.js';

const READ: Readonly<Record<string, StopReason>> = {
  end_turn: 'stop',
  max_tokens: 'length',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_calls',
  pause_turn: 'pause',
  refusal: 'refusal',
  model_context_window_exceeded: 'context_window',
};

export const readStopWord = (word: string): StopReason => (Object.hasOwn(READ, word) ? (READ[word] as StopReason) : 'other');

const WRITTEN: Readonly<Record<StopReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  stop_sequence: 'stop_sequence',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  context_window: 'model_context_window_exceeded',
  error: 'end_turn',
  other: 'end_turn',
};

export const writeStopWord = (reason: StopReason): string => WRITTEN[reason];
