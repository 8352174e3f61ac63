import { NO_USAGE, type Usage, type UsageBasis } from '@tollgate/contracts';
import { decodeUtf8 } from '@tollgate/kernel';
import { type SseSink, SseSplitter } from '../framing/sse.js';
import { countTokens, estimateInput } from './estimate-tokens.js';
import { readUsage } from './read-usage.js';
import { type EventContents, emptyContents, scanEvent } from './scan-event.js';

export interface SettledUsage {
  readonly usage: Usage;
  readonly basis: UsageBasis;
}

export interface StreamWatcherOptions {
  /** The caller wants the usage chunk; otherwise it is withheld. */
  readonly usageAsked: boolean;
  /** Called with bytes to pass on, whole events only. The first call means that the first event is good. */
  readonly onBytes: (bytes: Uint8Array) => void;
}

/**
 * `open`: more may come. `complete`: `[DONE]` was seen. `error`: the upstream sent an error event, which is not passed on.
 * `invalid`: the first event is no chat chunk, or an event is larger than the bound.
 */
export type WatchState = 'open' | 'complete' | 'error' | 'invalid';

const PRELUDE_BYTES_MAX = 64 * 1024;

/**
 * Watches the chat stream of an OpenAI-compatible upstream while its bytes pass to the letter. It withholds only the usage
 * chunk that nobody asked for, and everything before the first good event (so that a failure there can be retried).
 */
export class StreamWatcher implements SseSink {
  state: WatchState = 'open';
  /** The first real event has been passed on. */
  started = false;
  /** JSON text of the error event. */
  errorBody: string | null = null;
  private readonly splitter = new SseSplitter(this);
  private readonly contents = emptyContents();
  private prelude: Uint8Array[] = [];
  private preludeLength = 0;
  private pending: Uint8Array | null = null;
  private pendingStart = 0;
  private pendingEnd = 0;
  private lastWithheld = false;
  private finishSeen = false;
  private contentBytes = 0;
  private contentFrames = 0;
  private usageBytes: Uint8Array | null = null;
  /** Content came after the last usage: the numbers are of an earlier moment. */
  private usageStale = false;

  constructor(private readonly options: StreamWatcherOptions) {}

  push(chunk: Uint8Array): WatchState {
    if (this.state === 'error' || this.state === 'invalid') return this.state;
    if (!this.splitter.push(chunk) && this.state === 'open') this.state = 'invalid';
    this.flush();
    return this.state;
  }

  /** The upstream has ended the answer properly; true where it was whole. A last event that lacks only its blank line is passed on. */
  finish(): boolean {
    const rest = this.splitter.rest();
    if (rest.length > 0 && (this.complete || this.isWholeEvent(rest))) {
      this.onEvent(rest, 0, rest.length);
      this.flush();
    }
    // Some vendors never send [DONE]; a finish reason says as much.
    return this.complete || (this.state === 'open' && this.started && this.finishSeen);
  }

  /** What was used, as far as it can be known now. `requestBytes` bounds the input where the upstream never said it. */
  settle(requestBytes: number): SettledUsage {
    const reported = this.usageBytes === null ? null : readUsage(parseObject(decodeUtf8(this.usageBytes)));
    const counted = countTokens(this.contentFrames, this.contentBytes);
    if (reported !== null && hasInput(reported)) {
      const said = reported.output + reported.reasoning + reported.outputAudio;
      const current = !this.usageStale || said >= counted;
      if (current && (said > 0 || counted === 0)) return { usage: reported, basis: 'reported' };
      // Counts of zero beside visible content, or from before the cut, are completed from what passed.
      return { usage: { ...reported, output: reported.output + Math.max(0, counted - said) }, basis: 'counted' };
    }
    const usage = { ...NO_USAGE, input: estimateInput(requestBytes), output: counted };
    return { usage, basis: counted > 0 ? 'counted' : 'estimated' };
  }

  private get complete(): boolean {
    return this.state === 'complete';
  }

  private isWholeEvent(rest: Uint8Array): boolean {
    scanEvent(rest, 0, rest.length, this.contents);
    return this.contents.done || (this.contents.dataStart >= 0 && parseObject(payloadOf(rest, this.contents)) !== null);
  }

  onEvent(bytes: Uint8Array, start: number, end: number): void {
    if (this.state !== 'open') {
      // After [DONE] nothing is looked at; what still comes is the upstream's own affair.
      if (this.state === 'complete') this.pass(bytes, start, end);
      return;
    }
    const contents = this.contents;
    scanEvent(bytes, start, end, contents);
    this.lastWithheld = false;
    if (contents.dataStart < 0) {
      this.pass(bytes, start, end);
      return;
    }
    if (contents.hasError) {
      this.state = 'error';
      this.errorBody = payloadOf(bytes, contents);
      return;
    }
    if (!this.started && !contents.done && parseObject(payloadOf(bytes, contents)) === null) {
      this.state = 'invalid';
      return;
    }
    this.started = true;
    if (contents.done) this.state = 'complete';
    this.count(bytes);
    if (contents.usageStart >= 0 && contents.choices === 0 && !this.options.usageAsked) {
      this.lastWithheld = true;
      return;
    }
    this.pass(bytes, start, end);
  }

  onTail(bytes: Uint8Array, start: number, end: number): void {
    if (!this.lastWithheld && this.state !== 'error' && this.state !== 'invalid') this.pass(bytes, start, end);
  }

  private count(bytes: Uint8Array): void {
    const contents = this.contents;
    if (contents.finished) this.finishSeen = true;
    if (contents.contentBytes > 0) {
      this.contentBytes += contents.contentBytes;
      this.contentFrames += 1;
      this.usageStale = true;
    }
    if (contents.usageStart < 0) return;
    this.usageBytes = bytes.subarray(contents.usageStart, contents.usageEnd);
    this.usageStale = false;
  }

  /** Neighbours in one buffer leave as one piece. */
  private pass(bytes: Uint8Array, start: number, end: number): void {
    if (this.pending === bytes && this.pendingEnd === start) {
      this.pendingEnd = end;
      return;
    }
    this.flush();
    this.pending = bytes;
    this.pendingStart = start;
    this.pendingEnd = end;
  }

  private flush(): void {
    const bytes = this.pending;
    if (bytes === null) {
      // What began the stream may have been withheld itself.
      if (this.started) this.releasePrelude();
      return;
    }
    this.pending = null;
    const whole = this.pendingStart === 0 && this.pendingEnd === bytes.length;
    const piece = whole ? bytes : bytes.subarray(this.pendingStart, this.pendingEnd);
    if (!this.started) {
      // Comments that keep the connection alive: of a flood of them the later ones are dropped, they say nothing.
      if (this.preludeLength + piece.length > PRELUDE_BYTES_MAX) return;
      this.prelude.push(piece);
      this.preludeLength += piece.length;
      return;
    }
    this.releasePrelude();
    this.options.onBytes(piece);
  }

  private releasePrelude(): void {
    if (this.preludeLength === 0) return;
    const held = this.prelude;
    this.prelude = [];
    this.preludeLength = 0;
    for (const piece of held) this.options.onBytes(piece);
  }
}

/** Every request has input: a vendor that says zero says nothing. */
const hasInput = (usage: Usage): boolean => usage.input + usage.cacheRead + usage.cacheWrite + usage.inputAudio > 0;

/** The event's data; several data lines are one text, as the specification of server-sent events says. */
function payloadOf(bytes: Uint8Array, contents: EventContents): string {
  const text = decodeUtf8(bytes.subarray(contents.dataStart, contents.dataEnd));
  return text.includes('\n') || text.includes('\r') ? text.replaceAll(/(?:\r\n|\r|\n)data: ?/g, '\n') : text;
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
