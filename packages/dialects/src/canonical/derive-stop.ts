import type { Part } from './part.js';
import type { StopReason } from './stop-reason.js';

/**
 * Vendors disagree with themselves: `stop` beside a tool call, `tool_calls` without one. What was emitted decides, since a
 * caller's loop goes on or ends by this word.
 */
export function deriveStop(said: StopReason, parts: Iterable<Pick<Part, 'type'>>): StopReason {
  if (said !== 'stop' && said !== 'tool_calls' && said !== 'other') return said;
  let refused = false;
  for (const part of parts) {
    if (part.type === 'tool_call') return 'tool_calls';
    if (part.type === 'refusal') refused = true;
  }
  if (refused) return 'refusal';
  return said === 'tool_calls' ? 'stop' : said;
}
