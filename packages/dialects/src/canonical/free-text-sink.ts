import type { CanonicalEvent } from './canonical-event.js';
import type { EventSink, Expectation } from './dialect.js';
import { unwrapInput } from './free-text-tool.js';

/** A call's arguments are held until they are whole; a longer text than this is passed as it comes. */
const HELD_LENGTH_MAX = 8 * 1024 * 1024;

/** Gives calls of tools of free text their text back, which came wrapped as a function's one argument. */
export function unwrapCustomCalls(sink: EventSink, expect: Expectation): EventSink {
  const { customTools } = expect;
  if (customTools === undefined) return sink;
  const held = new Map<number, string>();
  return (event: CanonicalEvent) => {
    if (event.type === 'part_start' && event.part.type === 'tool_call' && customTools.includes(event.part.name)) {
      held.set(event.index, event.part.arguments);
      sink({ ...event, part: { ...event.part, custom: true, arguments: '' } });
      return;
    }
    const before = event.type === 'part_delta' || event.type === 'part_end' ? held.get(event.index) : undefined;
    if (before === undefined) {
      sink(event);
      return;
    }
    if (event.type === 'part_delta' && before.length + event.text.length <= HELD_LENGTH_MAX) {
      held.set(event.index, before + event.text);
      return;
    }
    if (event.type !== 'part_delta' && event.type !== 'part_end') return;
    held.delete(event.index);
    const text = event.type === 'part_end' ? unwrapInput(before) : before;
    if (text !== '') sink({ type: 'part_delta', index: event.index, text });
    sink(event);
  };
}
