import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { Drops } from '../canonical/drops.js';
import type { Part } from '../canonical/part.js';
import { writeProof } from '../canonical/proof.js';
import type { JsonObject } from '../json/json-value.js';
import { writeAnswerBlock, writeAnswerCitation, writeCallProof } from './write-reply.js';

type Of<Type extends CanonicalEvent['type']> = Extract<CanonicalEvent, { type: Type }>;

/** One block after the other: its start, deltas and end. A text or thought that stays empty is no block at all. */
export class BlockWriter {
  private index = 0;
  private open = false;
  private part: Part | null = null;
  /** Free text of a custom tool, which here is one JSON argument. */
  private input = '';

  constructor(
    private readonly event: (type: string, fields: JsonObject) => void,
    private readonly drops: Drops,
  ) {}

  write(event: Of<'part_start' | 'part_delta' | 'part_note' | 'part_end'>): void {
    switch (event.type) {
      case 'part_start':
        this.start(event.part);
        return;
      case 'part_delta':
        this.grow(event.text, event.logprobs !== undefined);
        return;
      case 'part_note':
        this.note(event);
        return;
      case 'part_end':
        this.end();
        return;
    }
  }

  private start(part: Part): void {
    this.part = part;
    this.input = '';
    switch (part.type) {
      case 'text':
        if (part.text !== '') this.grow(part.text, false);
        return;
      case 'reasoning':
        this.startThought(part);
        return;
      case 'tool_call':
        for (const proof of writeCallProof(part)) this.whole(proof);
        this.begin({ type: 'tool_use', id: part.id, name: part.name, input: {} });
        if (part.arguments !== '') this.grow(part.arguments, false);
        return;
      default: {
        const block = writeAnswerBlock(part, this.drops);
        if (block !== null) this.begin(block);
      }
    }
  }

  private startThought(part: Extract<Part, { type: 'reasoning' }>): void {
    if (part.encrypted !== undefined && part.text === '') {
      this.begin({ type: 'redacted_thinking', data: writeProof(part.encrypted, 'anthropic', part.id) });
      return;
    }
    if (part.text !== '') this.grow(part.text, false);
    const proof = part.signature ?? part.encrypted;
    if (proof !== undefined) this.note({ type: 'part_note', index: 0, signature: proof });
  }

  private whole(block: JsonObject): void {
    this.begin(block);
    this.close();
  }

  private begin(block: JsonObject): void {
    this.open = true;
    this.event('content_block_start', { type: 'content_block_start', index: this.index, content_block: block });
  }

  private delta(delta: JsonObject): void {
    this.event('content_block_delta', { type: 'content_block_delta', index: this.index, delta });
  }

  private grow(text: string, hasLogprobs: boolean): void {
    if (hasLogprobs) this.drops.add('logprobs');
    switch (this.part?.type) {
      case 'text':
        if (!this.open) this.begin({ type: 'text', text: '' });
        this.delta({ type: 'text_delta', text });
        return;
      case 'reasoning':
        if (!this.open) this.beginThought();
        this.delta({ type: 'thinking_delta', thinking: text });
        return;
      case 'tool_call':
        if (this.part.custom) this.input += text;
        else this.delta({ type: 'input_json_delta', partial_json: text });
        return;
      default:
    }
  }

  private beginThought(): void {
    this.begin({ type: 'thinking', thinking: '', signature: '' });
  }

  private note({ citation, signature, encrypted }: Of<'part_note'>): void {
    if (citation !== undefined) {
      const written = writeAnswerCitation(citation);
      if (written === null) this.drops.add('citations');
      else {
        if (!this.open) this.begin({ type: 'text', text: '' });
        this.delta({ type: 'citations_delta', citation: written });
      }
    }
    const proof = signature ?? encrypted;
    if (proof === undefined) return;
    if (this.part?.type !== 'reasoning') {
      this.drops.add('signature');
      return;
    }
    if (!this.open) this.beginThought();
    this.delta({ type: 'signature_delta', signature: writeProof(proof, 'anthropic', this.part.id) });
  }

  private end(): void {
    if (this.part?.type === 'tool_call' && this.part.custom)
      this.delta({ type: 'input_json_delta', partial_json: JSON.stringify({ input: this.input }) });
    this.part = null;
    if (this.open) this.close();
  }

  private close(): void {
    this.open = false;
    this.event('content_block_stop', { type: 'content_block_stop', index: this.index });
    this.index += 1;
  }
}
