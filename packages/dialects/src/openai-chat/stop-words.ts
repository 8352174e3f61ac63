import type { StopReason } from '../canonical/stop-reason.js';

const READ: Readonly<Record<string, StopReason>> = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'context_window',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
  error: 'error',
  insufficient_system_resource: 'error',
};

/** Vendors have words of their own beside OpenAI's five. */
export const readStopWord = (word: string): StopReason => (Object.hasOwn(READ, word) ? (READ[word] as StopReason) : 'other');

/** OpenAI knows five words: clients refuse any other. */
export function writeStopWord(reason: StopReason, refusalShown: boolean): string {
  switch (reason) {
    case 'length':
    case 'context_window':
      return 'length';
    case 'tool_calls':
      return 'tool_calls';
    case 'content_filter':
      return 'content_filter';
    case 'refusal':
      // OpenAI's own refusals end with `stop` and show in `refusal`; one without words is a filter to the caller.
      return refusalShown ? 'stop' : 'content_filter';
    default:
      return 'stop';
  }
}
