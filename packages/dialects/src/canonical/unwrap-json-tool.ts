import type { Expectation } from './dialect.js';
import type { Part } from './part.js';

/** Where a schema was emulated by a forced tool: its arguments are the text that the caller waits for. */
export function unwrapJsonTool(parts: readonly Part[], expect: Expectation): readonly Part[] {
  if (expect.jsonTool === undefined) return parts;
  return parts.map((part) =>
    part.type === 'tool_call' && part.name === expect.jsonTool ? { type: 'text', text: part.arguments } : part,
  );
}
