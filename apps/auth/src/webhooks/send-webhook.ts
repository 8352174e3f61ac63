import { signWebhook, WEBHOOK_HEADERS } from '@tollgate/policy';
import { type Agent, errors } from 'undici';

/** The whole of it: look-up, connect, answer. */
const ATTEMPT_MS = 10_000;
/** What a receiver says is not read, but so much of it may come. */
const ANSWER_BYTES_MAX = 65_536;

export interface WebhookRequest {
  readonly url: string;
  /** `tgw_...` */
  readonly secret: string;
  /** The same for every attempt. */
  readonly id: string;
  readonly body: string;
  /** Milliseconds since the epoch, of this attempt. */
  readonly now: number;
}

/** `gone`: the receiver wants nothing more (410). `problem` holds nothing that the receiver said, but its status. */
export type WebhookOutcome = { readonly kind: 'acknowledged' } | { readonly kind: 'failed' | 'gone'; readonly problem: string };

/** Sends once; 2xx is an acknowledgement and nothing else is. Redirects are not followed: the address would not be the one that was allowed. */
export async function sendWebhook(dispatcher: Agent, { url, secret, id, body, now }: WebhookRequest): Promise<WebhookOutcome> {
  const timestamp = Math.floor(now / 1_000);
  const target = new URL(url);
  try {
    const { statusCode, body: answer } = await dispatcher.request({
      origin: target.origin,
      path: target.pathname + target.search,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'tollgate-webhook/1',
        [WEBHOOK_HEADERS.id]: id,
        [WEBHOOK_HEADERS.timestamp]: String(timestamp),
        [WEBHOOK_HEADERS.signature]: signWebhook(secret, { id, timestamp, body }),
      },
      body,
      signal: AbortSignal.timeout(ATTEMPT_MS),
    });
    // The status stands; whether the rest arrives does not matter, so it is bounded and thrown away.
    await answer.dump({ limit: ANSWER_BYTES_MAX }).catch(() => undefined);
    if (statusCode >= 200 && statusCode < 300) return { kind: 'acknowledged' };
    return { kind: statusCode === 410 ? 'gone' : 'failed', problem: `http_${statusCode}` };
  } catch (error) {
    return { kind: 'failed', problem: problemOf(error) };
  }
}

/** A word for people and machines; no text of the other side. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError' || error instanceof errors.ConnectTimeoutError) return 'timeout';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'TOLLGATE_WEBHOOK_ADDRESS') return 'private_address';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown_host';
  if (code === 'ECONNREFUSED') return 'connection_refused';
  if (/CERT|TLS|SSL|SELF_SIGNED|VERIFY/.test(code)) return 'tls';
  return 'connection_failed';
}
