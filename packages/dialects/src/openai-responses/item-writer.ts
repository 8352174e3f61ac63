import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { Drops } from '../canonical/drops.js';
import type { TokenLogprob } from '../canonical/logprob.js';
import type { Part } from '../canonical/part.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { itemId, logprobList, messageItem, writeCallProof, writeOutputItem, writeReasoningItem } from './output-item.js';
import { writeAnnotation } from './write-content.js';

export interface ItemContext {
  event(type: string, fields: JsonObject): void;
  /** The next place in `output`. */
  place(): number;
  done(place: number, item: JsonObject): void;
  readonly drops: Drops;
  readonly replyId: string;
}

/** One part of an answer as the item that it becomes: its start, deltas and end. A text that stays empty is no item. */
export class ItemWriter {
  private place = -1;
  private id = '';
  private text = '';
  private readonly annotations: JsonValue[] = [];
  private readonly logprobs: TokenLogprob[] = [];

  constructor(
    private part: Part,
    private readonly context: ItemContext,
  ) {}

  start(): void {
    const { part, context } = this;
    if (part.type === 'tool_call') {
      for (const proof of writeCallProof(part, '')) this.whole(proof);
      this.open({ ...writeOutputItem({ ...part, arguments: '' }, '', 'in_progress', context.drops) });
      if (part.arguments !== '') this.grow(part.arguments);
    } else if (part.type === 'text' || part.type === 'refusal' || part.type === 'reasoning') {
      if (part.text !== '') this.grow(part.text);
    } else {
      const item = writeOutputItem(part, '', 'completed', context.drops);
      if (item !== null) this.whole(item);
    }
  }

  grow(text: string, logprobs?: readonly TokenLogprob[]): void {
    const { type } = this.part;
    if (this.place < 0) this.openText();
    if (this.place < 0) return;
    this.text += text;
    if (logprobs !== undefined) this.logprobs.push(...logprobs);
    if (type === 'text') this.delta('response.output_text.delta', text, { content_index: 0, logprobs: logprobList(logprobs) });
    else if (type === 'refusal') this.delta('response.refusal.delta', text, { content_index: 0 });
    else if (type === 'reasoning') this.delta('response.reasoning_summary_text.delta', text, { summary_index: 0 });
    else if (this.part.type === 'tool_call')
      this.delta(this.part.custom ? 'response.custom_tool_call_input.delta' : 'response.function_call_arguments.delta', text);
  }

  note({ citation, signature, encrypted, id }: Extract<CanonicalEvent, { type: 'part_note' }>): void {
    if (citation !== undefined) this.cite(writeAnnotation(citation, this.text.length));
    if (signature === undefined && encrypted === undefined) return;
    const { part } = this;
    if (part.type === 'reasoning')
      this.part = { ...part, signature: signature ?? part.signature, encrypted: encrypted ?? part.encrypted, id: id ?? part.id };
    else this.context.drops.add('signature');
  }

  end(): void {
    const { part } = this;
    if (part.type === 'reasoning') this.endReasoning();
    if (this.place < 0) return;
    if (part.type === 'text') {
      const content: JsonObject = {
        type: 'output_text',
        text: this.text,
        annotations: this.annotations,
        logprobs: logprobList(this.logprobs),
      };
      this.event('response.output_text.done', { content_index: 0, text: this.text, logprobs: logprobList(this.logprobs) });
      this.endMessage(content);
    } else if (part.type === 'refusal') {
      this.event('response.refusal.done', { content_index: 0, refusal: this.text });
      this.endMessage({ type: 'refusal', refusal: this.text });
    } else if (part.type === 'tool_call') {
      const said = part.custom ? { input: this.text } : { arguments: this.text, name: part.name };
      this.event(part.custom ? 'response.custom_tool_call_input.done' : 'response.function_call_arguments.done', said);
      this.close(writeOutputItem({ ...part, arguments: this.text }, this.id, 'completed', this.context.drops) ?? {});
    }
  }

  private cite(annotation: JsonValue | null): void {
    if (annotation === null) {
      this.context.drops.add('citations');
      return;
    }
    if (this.place < 0) this.openText();
    this.event('response.output_text.annotation.added', {
      content_index: 0,
      annotation_index: this.annotations.length,
      annotation,
    });
    this.annotations.push(annotation);
  }

  private openText(): void {
    const { type } = this.part;
    if (type === 'text' || type === 'refusal') {
      this.open(messageItem('', 'in_progress', []));
      const part =
        type === 'text' ? { type: 'output_text', text: '', annotations: [], logprobs: [] } : { type: 'refusal', refusal: '' };
      this.event('response.content_part.added', { content_index: 0, part });
    } else if (this.part.type === 'reasoning') {
      this.open({ type: 'reasoning', summary: [] });
      this.event('response.reasoning_summary_part.added', { summary_index: 0, part: { type: 'summary_text', text: '' } });
    }
  }

  private endReasoning(): void {
    if (this.part.type !== 'reasoning') return;
    const { signature, encrypted } = this.part;
    // A thought that is only there encrypted.
    if (this.place < 0 && (signature ?? encrypted)) this.open({ type: 'reasoning', summary: [] });
    if (this.place < 0) return;
    if (this.text !== '') {
      this.event('response.reasoning_summary_text.done', { summary_index: 0, text: this.text });
      this.event('response.reasoning_summary_part.done', { summary_index: 0, part: { type: 'summary_text', text: this.text } });
    }
    this.close(writeReasoningItem({ ...this.part, text: this.text }, this.id));
  }

  private endMessage(content: JsonObject): void {
    this.event('response.content_part.done', { content_index: 0, part: content });
    this.close(messageItem(this.id, 'completed', [content]));
  }

  private open(item: JsonObject): void {
    this.place = this.context.place();
    const own = this.part.type === 'reasoning' && this.part.encrypted?.format === 'openai' ? this.part.id : undefined;
    this.id = own ?? itemId(this.part, this.context.replyId, this.place);
    this.context.event('response.output_item.added', { output_index: this.place, item: { ...item, id: this.id } });
  }

  private close(item: JsonObject): void {
    this.context.event('response.output_item.done', { output_index: this.place, item });
    this.context.done(this.place, item);
    this.place = -1;
  }

  private whole(item: JsonObject): void {
    const place = this.context.place();
    const named = item['id'] === '' ? { ...item, id: `rs_${this.context.replyId}_${place}` } : item;
    this.context.event('response.output_item.added', { output_index: place, item: named });
    this.context.event('response.output_item.done', { output_index: place, item: named });
    this.context.done(place, named);
  }

  private delta(type: string, delta: string, fields: JsonObject = {}): void {
    this.event(type, { ...fields, delta });
  }

  private event(type: string, fields: JsonObject): void {
    this.context.event(type, { item_id: this.id, output_index: this.place, ...fields });
  }
}
