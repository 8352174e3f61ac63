import type { StopReason } from '../canonical/stop-reason.js';

/** Words of a stop that a dialect lacks become its nearest: what must be the same after that. */
export function nearestStop(stop: StopReason | undefined): 'declined' | 'length' | 'tool_calls' | 'stop' {
  if (stop === 'refusal' || stop === 'content_filter') return 'declined';
  if (stop === 'length' || stop === 'context_window') return 'length';
  return stop === 'tool_calls' ? 'tool_calls' : 'stop';
}
