import type { IncomingHttpHeaders } from 'node:http';
import { withoutToken } from './redact-token.js';

type Metadata = Readonly<Record<string, string>>;

const KEYS_MAX = 16;
const BYTES_MAX = 2_048;
const VALUE_LENGTH_MAX = 512;
const KEY = /^[\x20-\x7e]{1,64}$/;
const NAMES_OF_PROTOTYPES = new Set(['__proto__', 'constructor', 'prototype']);
/** What other gateways call a request's properties: https://docs.helicone.ai/features/advanced-usage/custom-properties */
const HELICONE = 'helicone-property-';
const LETTER_H = 0x68;
const NONE: Metadata = Object.freeze({});

/**
 * What the caller wants to find in the usage record. null = `x-tollgate-metadata` breaks the bounds. The headers of other
 * gateways never fail a call: of them is taken what fits, ours first, then Portkey's, Helicone's (names in lower case, as
 * HTTP/1 gives them to us) and LiteLLM's tags as `tags`.
 */
export function readMetadata(headers: IncomingHttpHeaders): Metadata | null {
  const own = headers['x-tollgate-metadata'];
  const portkey = headers['x-portkey-metadata'];
  const tags = headers['x-litellm-tags'];
  const helicone = hasHelicone(headers);
  if (own === undefined && portkey === undefined && tags === undefined && !helicone) return NONE;
  const metadata = new Gathered();
  if (own !== undefined && !takeOwn(metadata, String(own))) return null;
  if (portkey !== undefined) takePortkey(metadata, String(portkey));
  if (helicone) {
    for (const name in headers) if (name.startsWith(HELICONE)) metadata.take(name.slice(HELICONE.length), String(headers[name]));
  }
  if (tags !== undefined) metadata.take('tags', String(tags));
  return metadata.entries;
}

function hasHelicone(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (name.charCodeAt(0) === LETTER_H && name.startsWith(HELICONE)) return true;
  return false;
}

function takeOwn(metadata: Gathered, text: string): boolean {
  const value = text.length > BYTES_MAX ? null : parseObject(text);
  if (value === null) return false;
  for (const [key, entry] of Object.entries(value)) if (typeof entry !== 'string' || !metadata.take(key, entry)) return false;
  return true;
}

function takePortkey(metadata: Gathered, text: string): void {
  for (const [key, entry] of Object.entries(parseObject(text) ?? {})) {
    if (typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean') metadata.take(key, String(entry));
  }
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

class Gathered {
  readonly entries: Record<string, string> = {};
  private keys = 0;
  private bytes = 0;

  /** False where it does not fit; a key that is there already keeps its first value. */
  take(givenKey: string, givenValue: string): boolean {
    if (!KEY.test(givenKey) || NAMES_OF_PROTOTYPES.has(givenKey) || givenValue.length > VALUE_LENGTH_MAX) return false;
    const key = withoutToken(givenKey);
    const value = withoutToken(givenValue);
    if (Object.hasOwn(this.entries, key)) return true;
    const bytes = key.length + Buffer.byteLength(value);
    if (this.keys >= KEYS_MAX || this.bytes + bytes > BYTES_MAX) return false;
    this.entries[key] = value;
    this.keys += 1;
    this.bytes += bytes;
    return true;
  }
}
