import type { Usage } from '@tollgate/contracts';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { ReplyContext, StreamWriter } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { StopReason } from '../canonical/stop-reason.js';
import { TextOut } from '../canonical/text-out.js';
import type { JsonObject } from '../json/json-value.js';
import { envelopeOf } from '../openai-chat/write-canonical-error.js';
import { ItemWriter } from './item-writer.js';
import { type ResponseHead, statusOf, writeResponse } from './write-reply.js';

type Of<Type extends CanonicalEvent['type']> = Extract<CanonicalEvent, { type: Type }>;

export const createStreamWriter = (context: ReplyContext): StreamWriter => new ResponseStreamWriter(context);

/** Events as the stream of a response; items of parallel calls may be open side by side. */
class ResponseStreamWriter implements StreamWriter {
  private readonly out = new TextOut();
  private readonly drops = new Drops();
  private readonly items = new Map<number, ItemWriter>();
  private readonly output: JsonObject[] = [];
  private head: ResponseHead;
  private sequence = 0;
  private places = 0;
  private usage: Usage | null = null;
  private reason: StopReason = 'stop';

  constructor(private readonly context: ReplyContext) {
    this.head = { id: context.id, createdAt: context.now, model: context.model };
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
        this.start(event);
        return;
      case 'part_start':
        this.startPart(event);
        return;
      case 'part_delta':
        this.items.get(event.index)?.grow(event.text, event.logprobs);
        return;
      case 'part_note':
        this.items.get(event.index)?.note(event);
        return;
      case 'part_end':
        this.items.get(event.index)?.end();
        this.items.delete(event.index);
        return;
      case 'usage':
        this.usage = event.usage;
        return;
      case 'stop':
        if (event.candidate === 0) this.reason = event.reason;
        return;
      case 'error':
        this.fail(event);
        return;
      case 'end': {
        const status = statusOf(this.reason);
        this.event(`response.${status.status}`, { response: writeResponse(this.head, status, this.output, this.usage) });
      }
    }
  }

  private start({ id, createdAt, model }: Of<'start'>): void {
    const { context } = this;
    this.head = { id: id || context.id, createdAt: createdAt ?? context.now, model: model || context.model };
    const response = writeResponse(this.head, { status: 'in_progress', reason: null }, [], null);
    this.event('response.created', { response });
    this.event('response.in_progress', { response });
  }

  private startPart({ index, candidate, part }: Of<'part_start'>): void {
    if (candidate > 0) {
      this.drops.add('n');
      return;
    }
    const item = new ItemWriter(part, {
      event: (type, fields) => this.event(type, fields),
      place: () => this.place(),
      done: (place, written) => {
        this.output[place] = written;
      },
      drops: this.drops,
      replyId: this.head.id,
    });
    this.items.set(index, item);
    item.start();
  }

  private place(): number {
    const place = this.places;
    this.places += 1;
    return place;
  }

  private fail({ error }: Of<'error'>): void {
    const envelope = JSON.parse(envelopeOf(error)) as { readonly error: JsonObject };
    const { code, message, type, param } = envelope.error;
    this.event('error', { code: code ?? type, message, param });
    const failed = writeResponse(this.head, { status: 'failed', reason: null }, this.output.filter(Boolean), this.usage);
    this.event('response.failed', { response: { ...failed, error: { code: code ?? 'server_error', message } } });
  }

  private event(type: string, fields: JsonObject): void {
    this.out.add(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.sequence, ...fields })}\n\n`);
    this.sequence += 1;
  }
}
