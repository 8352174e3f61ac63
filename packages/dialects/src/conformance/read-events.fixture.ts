import { encodeUtf8 } from '@tollgate/kernel';
import { ReplyAssembler } from '../canonical/assemble-reply.js';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { Dialect, Expectation } from '../canonical/dialect.js';

/** Reads SSE events given as objects (or as the text after `data: `) and assembles what they say. */
export function readEvents(dialect: Dialect, frames: readonly (object | string)[], expect?: Expectation) {
  const events: CanonicalEvent[] = [];
  const reader = dialect.upstream?.createStreamReader((event) => events.push(event), expect);
  for (const frame of frames) reader?.push(encodeUtf8(`data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`));
  reader?.finish();
  const assembler = new ReplyAssembler(dialect.name);
  for (const event of events) assembler.write(event);
  return { events, reply: assembler.reply(), error: assembler.error };
}
