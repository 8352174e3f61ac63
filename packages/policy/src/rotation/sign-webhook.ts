import { createHmac, timingSafeEqual } from 'node:crypto';

/** Names of the headers, https://www.standardwebhooks.com. */
export const WEBHOOK_HEADERS = {
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  signature: 'webhook-signature',
} as const;

export interface WebhookMessage {
  /** The same for every attempt: receivers know by it what they have seen. */
  readonly id: string;
  /** Seconds since the epoch, of this attempt. */
  readonly timestamp: number;
  readonly body: string;
}

/** Older or newer than this by the receiver's clock is a replay. */
export const WEBHOOK_TOLERANCE_SECONDS = 300;

/**
 * The signature of Standard Webhooks: `v1,` + base64 of HMAC-SHA256 over `id.timestamp.body`. The key is the bytes of the
 * whole secret text (`tgw_...`), what the libraries of that standard call the raw format.
 */
export const signWebhook = (secret: string | Uint8Array, { id, timestamp, body }: WebhookMessage): string =>
  `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;

/** What a receiver does. The header may hold several signatures, separated by spaces. */
export function verifyWebhook(
  secret: string | Uint8Array,
  message: WebhookMessage,
  signatures: string,
  nowSeconds: number,
): boolean {
  if (!(Math.abs(nowSeconds - message.timestamp) <= WEBHOOK_TOLERANCE_SECONDS)) return false;
  const expected = Buffer.from(signWebhook(secret, message));
  return signatures.split(' ').some((each) => {
    const given = Buffer.from(each);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
