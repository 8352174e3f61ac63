import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { ownerOfSubject } from '@tollgate/contracts';
import { decodeJson, EMPTY_BYTES, encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Incoming, Subscription, Transport } from '@tollgate/transport';
import { lastValueFrom } from 'rxjs';
import { MessageContext, RAW_BODY } from './message-context.js';

/**
 * Nest's `@MessagePattern` and `@EventPattern` over the product's own transport, for control messages only. Bodies are
 * JSON both ways unless the pattern says {@link RAW_BODY}; the queue group of a subject is the service that owns it.
 */
export class TollgateTransportStrategy extends Server implements CustomTransportStrategy {
  private readonly subscriptions: Subscription[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly log: Logger,
  ) {
    super();
  }

  listen(done: (error?: unknown) => void): void {
    try {
      for (const [subject, handler] of this.messageHandlers) this.subscriptions.push(this.attach(subject, handler));
      done();
    } catch (error) {
      done(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.subscriptions.splice(0).map((subscription) => subscription.drain()));
  }

  override on(): void {
    throw new Error('The transport has no events of this kind: use onConnectionChange');
  }

  override unwrap<T>(): T {
    return this.transport as T;
  }

  private attach(subject: string, handler: MessageHandler): Subscription {
    if (handler.isEventHandler) {
      return this.transport.subscribe(subject, (message) => {
        this.handle(handler, message).catch((error: unknown) => this.log.error({ subject, error }, 'event handler failed'));
      });
    }
    const owner = ownerOfSubject(subject);
    if (owner === null) throw new Error(`Subject ${subject} has no owner: name it in SUBJECTS`);
    return this.transport.respond(subject, owner, async (message) => this.respond(handler, message));
  }

  private async respond(handler: MessageHandler, message: Incoming): Promise<Uint8Array> {
    const result = await this.handle(handler, message);
    if (result instanceof Uint8Array) return result;
    return result === undefined ? EMPTY_BYTES : encodeJson(result);
  }

  private async handle(handler: MessageHandler, message: Incoming): Promise<unknown> {
    const raw = handler.extras?.['body'] === RAW_BODY.body;
    const data = raw || message.body.length === 0 ? message.body : decodeJson(message.body);
    const stream = this.transformToObservable(await handler(data, new MessageContext(message.subject, message.headers)));
    return lastValueFrom(stream, { defaultValue: undefined });
  }
}
