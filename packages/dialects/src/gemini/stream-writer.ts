import type { Usage } from '@tollgate/contracts';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { ReplyContext, StreamWriter } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { Part, Signature } from '../canonical/part.js';
import { writeProof } from '../canonical/proof.js';
import { TextOut } from '../canonical/text-out.js';
import type { JsonObject } from '../json/json-value.js';
import { envelopeOf } from './error.js';
import { writeGrounding } from './grounding.js';
import { writeLogprobs } from './logprobs.js';
import { writeStopWord } from './stop-words.js';
import { writeUsage } from './usage.js';
import { writeAnswerPart } from './write-reply.js';

type Of<Type extends CanonicalEvent['type']> = Extract<CanonicalEvent, { type: Type }>;

interface OpenPart {
  readonly candidate: number;
  part: Part;
  /** Arguments of a call, which is said whole. */
  args: string;
  proof?: Signature;
  id?: string;
}

export const createStreamWriter = (context: ReplyContext): StreamWriter => new ContentStreamWriter(context);

/** Events as responses with what is new; a tool call is said when it is whole, the end by closing. */
class ContentStreamWriter implements StreamWriter {
  private readonly out = new TextOut();
  private readonly drops = new Drops();
  private readonly parts = new Map<number, OpenPart>();
  private readonly stops: Of<'stop'>[] = [];
  private usage: Usage | null = null;
  private head: JsonObject;

  constructor(context: ReplyContext) {
    this.head = { modelVersion: context.model, responseId: context.id };
  }

  take(): Uint8Array {
    return this.out.take();
  }

  dropped(): readonly string[] {
    return this.drops.names();
  }

  write(event: CanonicalEvent): void {
    switch (event.type) {
      case 'start':
        this.head = { modelVersion: event.model || this.head['modelVersion'], responseId: event.id || this.head['responseId'] };
        return;
      case 'part_start':
        this.start(event);
        return;
      case 'part_delta':
        this.delta(event);
        return;
      case 'part_note':
        this.note(event);
        return;
      case 'part_end':
        this.end(event.index);
        return;
      case 'usage':
        this.usage = event.usage;
        return;
      case 'stop':
        this.stops.push(event);
        return;
      case 'error':
        this.out.add(`data: ${JSON.stringify(envelopeOf(event.error))}\n\n`);
        return;
      case 'end':
        this.finish();
    }
  }

  private start({ index, candidate, part }: Of<'part_start'>): void {
    const open: OpenPart = { candidate, part, args: part.type === 'tool_call' ? part.arguments : '' };
    this.parts.set(index, open);
    if (part.type === 'reasoning') {
      open.proof = part.signature ?? part.encrypted;
      open.id = part.id;
    }
    if (part.type === 'refusal') this.drops.add('refusal');
    if (part.type === 'text' || part.type === 'refusal' || part.type === 'reasoning') {
      if (part.text !== '') this.delta({ type: 'part_delta', index, text: part.text });
    } else if (part.type !== 'tool_call') {
      const written = writeAnswerPart(part, this.drops);
      if (written !== null) this.say(candidate, [written]);
    }
  }

  private delta({ index, text, logprobs }: Of<'part_delta'>): void {
    const open = this.parts.get(index);
    if (open === undefined) return;
    if (open.part.type === 'tool_call') {
      open.args += text;
      return;
    }
    const extra = logprobs === undefined ? undefined : { logprobsResult: writeLogprobs(logprobs) };
    this.say(open.candidate, [open.part.type === 'reasoning' ? { text, thought: true } : { text }], extra);
  }

  private note({ index, citation, signature, encrypted, id }: Of<'part_note'>): void {
    const open = this.parts.get(index);
    if (open === undefined) return;
    if (citation !== undefined) {
      const groundingMetadata = writeGrounding([citation]);
      if (groundingMetadata === undefined) this.drops.add('citations');
      else this.say(open.candidate, [], { groundingMetadata });
    }
    open.proof = signature ?? encrypted ?? open.proof;
    open.id = id ?? open.id;
  }

  private end(index: number): void {
    const open = this.parts.get(index);
    this.parts.delete(index);
    if (open === undefined) return;
    const { part, proof, candidate, id } = open;
    if (part.type === 'tool_call') {
      const written = writeAnswerPart({ ...part, arguments: open.args, signature: proof ?? part.signature }, this.drops);
      if (written !== null) this.say(candidate, [written]);
    } else if (proof !== undefined && (part.type === 'reasoning' || part.type === 'text')) {
      const thoughtSignature = writeProof(proof, 'google', id);
      this.say(candidate, [
        part.type === 'reasoning' ? { text: '', thought: true, thoughtSignature } : { text: '', thoughtSignature },
      ]);
    }
  }

  private finish(): void {
    const usageMetadata = this.usage === null ? undefined : writeUsage(this.usage);
    const candidates = this.stops.map(({ candidate, reason }) => ({
      content: { parts: [{ text: '' }], role: 'model' },
      finishReason: writeStopWord(reason),
      index: candidate,
    }));
    this.event({ candidates, usageMetadata });
  }

  private say(index: number, parts: readonly JsonObject[], extra?: JsonObject): void {
    this.event({ candidates: [{ content: { parts, role: 'model' }, index, ...extra }] });
  }

  private event(fields: JsonObject): void {
    this.out.add(`data: ${JSON.stringify({ ...fields, ...this.head })}\n\n`);
  }
}
