import { createHmac, type KeyObject } from 'node:crypto';

/**
 * HMAC-SHA256(pepper, whole token text), 32 bytes. Enough for a secret of 256 random bits; a slow hash would cost
 * milliseconds per request and add nothing. A KeyObject, because a raw key is prepared anew at each call (8 times slower).
 */
export const digestToken = (pepper: KeyObject, text: string): Buffer => createHmac('sha256', pepper).update(text).digest();
