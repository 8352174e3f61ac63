import type { PeekBelonging } from '@tollgate/dialects';
import { decodeUtf8 } from '@tollgate/kernel';

/** Of the messages: about as much as vendors look at to find a cached prompt (https://platform.openai.com/docs/guides/prompt-caching). */
const PREFIX_BYTES = 1_024;
/** Names by which applications tell sessions apart in their metadata; the user last. */
const SESSION_NAMES = ['session_id', 'conversation_id', 'thread_id', 'user_id'];

/**
 * Calls with the same key find their prompt in the same cache. The caller's own word goes first (`prompt_cache_key`), then the
 * session or user that it names, then the beginning of its messages; always within one token, so that nobody can steer the
 * calls of others.
 */
export function affinityKeyOf(tokenId: string, belonging: PeekBelonging, body: Uint8Array): string {
  const { cacheKey, metadata, user, messages } = belonging;
  const own = textOf(cacheKey) ?? sessionOf(metadata) ?? textOf(user);
  if (own !== null) return `${tokenId} ${own}`;
  const [from, to] = messages;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  return `${tokenId} ${bytes.toString('latin1', from, Math.min(to, from + PREFIX_BYTES))}`;
}

/** `null`, `""` and `{}` say nothing. */
const textOf = (json: Uint8Array | null): string | null =>
  json === null || json.length <= 2 || isNull(json) ? null : decodeUtf8(json);

const isNull = (json: Uint8Array): boolean => json.length === 4 && decodeUtf8(json) === 'null';

function sessionOf(json: Uint8Array | null): string | null {
  const text = textOf(json);
  if (text === null) return null;
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    // Scanned as JSON already; what the scanner lets pass and the parser does not is no reason to refuse a call.
    return null;
  }
  if (typeof fields !== 'object' || fields === null) return null;
  for (const name of SESSION_NAMES) {
    const value: unknown = Object.hasOwn(fields, name) ? (fields as Record<string, unknown>)[name] : undefined;
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}
