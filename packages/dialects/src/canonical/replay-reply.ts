import type { CanonicalEvent } from './canonical-event.js';
import type { CanonicalReply } from './canonical-reply.js';
import type { EventSink } from './dialect.js';
import type { Part } from './part.js';

/** Says a whole answer as the events of a stream: for an upstream that cannot stream. */
export function replayReply(reply: CanonicalReply, sink: EventSink): void {
  const { id, model, createdAt, serviceTier, rest } = reply;
  sink({ type: 'start', id, model, createdAt, serviceTier, rest });
  let index = 0;
  reply.candidates.forEach(({ parts, stop, stopSequence, logprobs }, candidate) => {
    let unsaid = logprobs;
    for (const part of parts) {
      sink({ type: 'part_start', index, candidate, part: emptied(part) });
      const text = textOf(part);
      if (text !== '') {
        const delta: CanonicalEvent = { type: 'part_delta', index, text };
        sink(part.type === 'text' && unsaid !== undefined ? { ...delta, logprobs: unsaid } : delta);
        if (part.type === 'text') unsaid = undefined;
      }
      if (part.type === 'text') for (const citation of part.citations ?? []) sink({ type: 'part_note', index, citation });
      if (part.type === 'reasoning' && part.text !== '' && (part.signature ?? part.encrypted))
        sink({ type: 'part_note', index, signature: part.signature, encrypted: part.encrypted });
      sink({ type: 'part_end', index });
      index += 1;
    }
    sink({ type: 'stop', candidate, reason: stop, stopSequence });
  });
  if (reply.usage !== null) sink({ type: 'usage', usage: reply.usage });
  sink({ type: 'end' });
}

function textOf(part: Part): string {
  if (part.type === 'tool_call') return part.arguments;
  return part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal' ? part.text : '';
}

function emptied(part: Part): Part {
  if (part.type === 'tool_call') return { ...part, arguments: '' };
  if (part.type === 'text') return { ...part, text: '', citations: undefined };
  // What has no text at all is known at once.
  if (part.type === 'reasoning')
    return part.text === '' ? part : { ...part, text: '', signature: undefined, encrypted: undefined };
  return part.type === 'refusal' ? { ...part, text: '' } : part;
}
