import type { Network } from '@tollgate/policy';
import type { Agent } from 'undici';
import type { WebhookOutcome, WebhookRequest } from './send-webhook.js';

/** Sends webhooks to where they may go. The client is loaded with the first of them: it is 5 MB that most processes never need. */
export class WebhookSender {
  private dispatcher: Promise<Agent> | null = null;
  private ended = false;

  constructor(private readonly allowed: readonly Network[]) {}

  async send(request: WebhookRequest): Promise<WebhookOutcome> {
    const { sendWebhook } = await import('./send-webhook.js');
    this.dispatcher ??= import('./guarded-dispatcher.js').then((loaded) => loaded.createGuardedDispatcher(this.allowed));
    const dispatcher = await this.dispatcher;
    // Ended while it was loaded.
    if (this.ended) await dispatcher.destroy();
    return sendWebhook(dispatcher, request);
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.ended = true;
    await (await this.dispatcher)?.close();
  }

  /** Cuts off what is under way. */
  async destroy(): Promise<void> {
    this.ended = true;
    await (await this.dispatcher)?.destroy();
  }
}
