import type { Usage } from '@tollgate/contracts';
import type { CanonicalError } from './canonical-error.js';
import type { CanonicalEvent } from './canonical-event.js';
import type { Candidate, CanonicalReply } from './canonical-reply.js';
import type { DialectName } from './dialect-name.js';
import type { TokenLogprob } from './logprob.js';
import type { Citation, Part } from './part.js';
import type { StopReason } from './stop-reason.js';

type Note = Extract<CanonicalEvent, { type: 'part_note' }>;

interface Growing {
  readonly candidate: number;
  part: Part;
  text: string[];
  citations: Citation[];
}

interface Stopped {
  readonly stop: StopReason;
  readonly stopSequence?: string;
}

/** Builds the whole answer out of its events. `error` is null where the stream was whole. */
export class ReplyAssembler {
  error: CanonicalError | null = null;
  private start: Extract<CanonicalEvent, { type: 'start' }> | null = null;
  private usage: Usage | null = null;
  private readonly parts = new Map<number, Growing>();
  private readonly stops = new Map<number, Stopped>();
  private readonly logprobs = new Map<number, TokenLogprob[]>();

  constructor(private readonly source: DialectName) {}

  write(event: CanonicalEvent): void {
    switch (event.type) {
      case 'start':
        this.start = event;
        return;
      case 'part_start':
        this.parts.set(event.index, { candidate: event.candidate, part: event.part, text: [], citations: [] });
        return;
      case 'part_delta':
        this.grow(event.index, event.text, event.logprobs);
        return;
      case 'part_note':
        this.note(event);
        return;
      case 'usage':
        this.usage = event.usage;
        return;
      case 'stop':
        this.stops.set(event.candidate, { stop: event.reason, stopSequence: event.stopSequence });
        return;
      case 'error':
        this.error = event.error;
        return;
      default:
    }
  }

  reply(): CanonicalReply {
    const count = Math.max(-1, ...this.stops.keys(), ...[...this.parts.values()].map(({ candidate }) => candidate)) + 1;
    return {
      source: this.source,
      id: this.start?.id ?? '',
      model: this.start?.model ?? '',
      createdAt: this.start?.createdAt ?? null,
      candidates: Array.from({ length: count }, (_, candidate) => this.candidate(candidate)),
      usage: this.usage,
      serviceTier: this.start?.serviceTier,
      rest: this.start?.rest,
    };
  }

  private grow(index: number, text: string, logprobs: readonly TokenLogprob[] | undefined): void {
    const growing = this.parts.get(index);
    if (growing === undefined) return;
    growing.text.push(text);
    if (logprobs === undefined) return;
    const before = this.logprobs.get(growing.candidate);
    if (before === undefined) this.logprobs.set(growing.candidate, [...logprobs]);
    else before.push(...logprobs);
  }

  private note({ index, citation, signature, encrypted, id }: Note): void {
    const growing = this.parts.get(index);
    if (growing === undefined) return;
    if (citation !== undefined) growing.citations.push(citation);
    const { part } = growing;
    if (part.type === 'reasoning')
      growing.part = {
        ...part,
        signature: signature ?? part.signature,
        encrypted: encrypted ?? part.encrypted,
        id: id ?? part.id,
      };
    else if ((part.type === 'tool_call' || part.type === 'text') && signature !== undefined)
      growing.part = { ...part, signature };
  }

  private candidate(candidate: number): Candidate {
    const parts = [...this.parts.values()].filter((growing) => growing.candidate === candidate).map(finish);
    const stopped = this.stops.get(candidate);
    return {
      parts,
      stop: stopped?.stop ?? 'other',
      stopSequence: stopped?.stopSequence,
      logprobs: this.logprobs.get(candidate),
    };
  }
}

function finish({ part, text, citations }: Growing): Part {
  const grown = text.join('');
  switch (part.type) {
    case 'text': {
      const all = [...(part.citations ?? []), ...citations];
      return { ...part, text: part.text + grown, citations: all.length > 0 ? all : undefined };
    }
    case 'reasoning':
    case 'refusal':
      return { ...part, text: part.text + grown };
    case 'tool_call':
      return { ...part, arguments: part.arguments + grown };
    default:
      return part;
  }
}
