import { TollgateError } from '@tollgate/kernel';
import type { Call } from './call.js';

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const TIMEOUT = /^(\d{1,9})(s|ms)?$/;
const TIMEOUT_MS_MAX = 3_600_000;
const METADATA_BYTES_MAX = 4_096;
const METADATA_KEYS_MAX = 16;
const KEY = /^[\x20-\x7e]{1,64}$/;
const VALUE_LENGTH_MAX = 512;
const NAMES_OF_PROTOTYPES = new Set(['__proto__', 'constructor', 'prototype']);

/** The headers that say something about the call itself. Returns the refusal of the first bad one. */
export function readCallHeaders(call: Call): TollgateError | null {
  const { headers } = call.request;
  const requestId = headers['x-request-id'];
  if (typeof requestId === 'string' && REQUEST_ID.test(requestId)) call.clientRequestId = requestId;
  const timeout = headers['x-tollgate-timeout'];
  if (timeout !== undefined) {
    const ms = readTimeout(String(timeout));
    if (ms === null) return bad('x-tollgate-timeout', 'must be milliseconds from 1 to 3600000, or seconds such as 30s');
    call.timeoutMs = ms;
  }
  const metadata = headers['x-tollgate-metadata'];
  if (metadata !== undefined) {
    const read = readMetadata(String(metadata));
    if (read === null) return bad('x-tollgate-metadata', 'must be a JSON object of at most 16 texts (keys to 64, values to 512)');
    call.metadata = read;
  }
  return null;
}

const bad = (name: string, must: string): TollgateError =>
  new TollgateError('invalid_request', `The header ${name} ${must}.`, { param: name });

/** Milliseconds, as `1500`, `1500ms` or `30s`. */
export function readTimeout(text: string): number | null {
  const match = TIMEOUT.exec(text);
  if (match === null) return null;
  const ms = Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  return ms >= 1 && ms <= TIMEOUT_MS_MAX ? ms : null;
}

export function readMetadata(text: string): Readonly<Record<string, string>> | null {
  if (text.length > METADATA_BYTES_MAX) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  if (entries.length > METADATA_KEYS_MAX) return null;
  for (const [key, entry] of entries) {
    if (!KEY.test(key) || NAMES_OF_PROTOTYPES.has(key)) return null;
    if (typeof entry !== 'string' || entry.length > VALUE_LENGTH_MAX) return null;
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
