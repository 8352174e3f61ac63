import type { DialectName } from './dialect-name.js';

/** Where the bytes of a part are. `data` is base64 as the caller wrote it; nobody here looks inside. */
export type MediaSource =
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'url'; readonly url: string; readonly mediaType?: string }
  | { readonly kind: 'text'; readonly mediaType: string; readonly text: string }
  /** A file that was uploaded to a vendor: of no use to another one. */
  | { readonly kind: 'file'; readonly dialect: DialectName; readonly id: string; readonly mediaType?: string };
