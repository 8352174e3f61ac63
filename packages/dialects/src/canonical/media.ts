import type { MediaSource } from './media-source.js';

const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*;base64,/i;

/** A URL, or the base64 data of a `data:` URL (RFC 2397) with its media type. Only the head of the text is looked at. */
export function readMediaUrl(url: string): MediaSource {
  if (url.slice(0, 5).toLowerCase() !== 'data:') return { kind: 'url', url };
  const head = DATA_URL.exec(url.slice(0, 256));
  if (head === null) return { kind: 'url', url };
  return { kind: 'base64', mediaType: head[1]?.toLowerCase() || 'application/octet-stream', data: url.slice(head[0].length) };
}

/** The text of a URL for a source, null where there is none (a vendor's file). */
export function writeMediaUrl(source: MediaSource): string | null {
  if (source.kind === 'url') return source.url;
  return source.kind === 'base64' ? `data:${source.mediaType};base64,${source.data}` : null;
}
