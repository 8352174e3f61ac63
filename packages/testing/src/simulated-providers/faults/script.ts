import type { Frame } from '../engine/vendor.js';
import type { Fault } from './fault.js';

/** Bytes to send after a wait, and how many frames with words they finish. */
export interface Step {
  readonly bytes: string | Uint8Array;
  readonly frames: number;
  readonly waitMs: number;
}

/** What goes over the wire from the first byte of the body to the end. `open`: nothing more, and no end either. */
export interface Script {
  readonly steps: readonly Step[];
  readonly ending: 'end' | 'cut' | 'open';
}

/** Frames that a vendor would not send, for the faults that need them. */
export interface OddFrames {
  readonly error: () => Frame;
  readonly malformed: Frame;
}

const step = ({ bytes, content }: Frame): Step => ({ bytes, frames: content ? 1 : 0, waitMs: 0 });
const isEvent = ({ bytes }: Frame): boolean => typeof bytes === 'string' && /^(data|event):/.test(bytes);
const plain = (bytes: string | Uint8Array): Step => ({ bytes, frames: 0, waitMs: 0 });
const half = <Bytes extends string | Uint8Array>(bytes: Bytes): Bytes =>
  (typeof bytes === 'string' ? bytes.slice(0, bytes.length >> 1) : bytes.subarray(0, bytes.length >> 1)) as Bytes;

/** Index of the frame that follows `count` frames with words; where there are fewer, of the last one with words. */
function placeAfter(frames: readonly Frame[], count: number): number {
  if (count === 0) return 0;
  let seen = 0;
  for (const [index, frame] of frames.entries()) {
    if (frame.content) seen += 1;
    if (seen === count) return index + 1;
  }
  return Math.max(
    0,
    frames.findLastIndex((frame) => frame.content),
  );
}

/** How a stream goes under a fault. */
export function scriptOfStream(frames: readonly Frame[], fault: Fault, odd: OddFrames): Script {
  const until = (count: number): Step[] => frames.slice(0, placeAfter(frames, count)).map(step);
  switch (fault.kind) {
    case 'cut':
      return { steps: until(fault.after), ending: 'cut' };
    case 'stall':
      return { steps: until(fault.after), ending: 'open' };
    case 'half': {
      const next = frames[placeAfter(frames, fault.after)];
      const steps = next === undefined ? [] : [plain(half(next.bytes))];
      return { steps: [...until(fault.after), ...steps], ending: fault.ends ? 'end' : 'open' };
    }
    case 'malformed': {
      const place = placeAfter(frames, fault.after);
      return { steps: [...until(fault.after), step(odd.malformed), ...frames.slice(place).map(step)], ending: 'end' };
    }
    case 'overload':
      return { steps: [...until(fault.after), step(odd.error())], ending: 'end' };
    case 'no-end':
      return { steps: frames.slice(0, frames.findLastIndex((frame) => frame.content) + 1).map(step), ending: 'end' };
    case 'duplicate': {
      const place = frames.findIndex((frame) => frame.content);
      return {
        steps: frames.flatMap((frame, index) => (index === place ? [step(frame), plain(frame.bytes)] : [step(frame)])),
        ending: 'end',
      };
    }
    case 'late': {
      const late = frames.findLast((frame) => frame.content);
      return { steps: [...frames.map(step), ...(late === undefined ? [] : [plain(late.bytes)])], ending: 'end' };
    }
    case 'comments':
      return {
        steps: frames.flatMap((frame) => [...(isEvent(frame) ? [plain(': keep-alive\n\n')] : []), step(frame)]),
        ending: 'end',
      };
    case 'drip':
      return dripped(frames, fault.bytes, fault.everyMs);
    case 'slow':
      return { steps: frames.map((frame) => ({ ...step(frame), waitMs: frame.content ? fault.everyMs : 0 })), ending: 'end' };
    default:
      return { steps: frames.map(step), ending: 'end' };
  }
}

/** How a body that is answered at once goes under a fault. */
export function scriptOfWhole(body: string, fault: Fault): Script {
  switch (fault.kind) {
    case 'cut':
      return { steps: [plain(half(body))], ending: 'cut' };
    case 'stall':
      return { steps: [plain(half(body))], ending: 'open' };
    case 'half':
      return { steps: [plain(half(body))], ending: fault.ends ? 'end' : 'open' };
    case 'malformed':
      return { steps: [plain(`${half(body)}"\u0000`)], ending: 'end' };
    case 'drip':
      return dripped([{ bytes: body, content: false }], fault.bytes, fault.everyMs);
    default:
      return { steps: [plain(body)], ending: 'end' };
  }
}

function dripped(frames: readonly Frame[], size: number, everyMs: number): Script {
  const steps = frames.flatMap((frame) => {
    const bytes = Buffer.from(frame.bytes);
    const count = Math.ceil(bytes.length / size);
    return Array.from({ length: count }, (_, index) => ({
      bytes: bytes.subarray(index * size, (index + 1) * size),
      frames: frame.content && index === count - 1 ? 1 : 0,
      waitMs: everyMs,
    }));
  });
  return { steps, ending: 'end' };
}
