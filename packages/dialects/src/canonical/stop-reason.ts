/**
 * Why an answer ended. `stop`: the model was done; `length`: the bound of tokens; `content_filter`: a filter cut it;
 * `refusal`: the model declined; `pause`: the vendor wants the turn sent back to go on; `other`: a word we do not know.
 */
export const STOP_REASONS = [
  'stop',
  'length',
  'stop_sequence',
  'tool_calls',
  'content_filter',
  'refusal',
  'pause',
  'context_window',
  'error',
  'other',
] as const;
export type StopReason = (typeof STOP_REASONS)[number];
