import type { RequestHints } from '@tollgate/dialects';
import { type Ingress, ingressOf, marks } from '../ingress.js';

const REFERENCES = {
  images: marks('"inlineData"', '"inline_data"'),
  audio: marks('"audio/', '"audio\\/'),
  fetched: marks(
    '"fileData"',
    '"file_data"',
    '"cachedContent"',
    '"cached_content"',
    '"googleSearch',
    '"google_search',
    '"urlContext"',
    '"url_context"',
    '"codeExecution"',
    '"code_execution"',
    '"fileSearch"',
    '"file_search"',
  ),
};
// A stream has no last event: it ends with its connection, and by then its settlement is on file.
const OWN = { references: REFERENCES, isLast: (): boolean => false };

/** Gemini's content (https://ai.google.dev/api/generate-content); model and stream are in the path. */
export const GENERATE_CONTENT: Ingress = ingressOf('/v1beta/models/{model}:generateContent', 'gemini', OWN);
export const STREAM_CONTENT: Ingress = ingressOf('/v1beta/models/{model}:streamGenerateContent', 'gemini', OWN);

const PATH = /^(?:\/gemini)?\/v1(?:beta)?\/models\/(.+):(generateContent|streamGenerateContent)$/;
const MODEL_LENGTH_MAX = 256;

export interface ContentDoor {
  readonly ingress: Ingress;
  readonly hints: RequestHints;
}

/** The door of a path without its query; null where it is none of Gemini's. A model's name may hold slashes and colons. */
export function findContentDoor(path: string): ContentDoor | null {
  const found = PATH.exec(path);
  if (found === null) return null;
  const model = decode(found[1] ?? '');
  if (model.length > MODEL_LENGTH_MAX) return null;
  const stream = found[2] === 'streamGenerateContent';
  return { ingress: stream ? STREAM_CONTENT : GENERATE_CONTENT, hints: { model, stream } };
}

/** Paths whose errors are written as Google does. */
export const isContentPath = (path: string): boolean => path.startsWith('/v1beta/') || path.startsWith('/gemini/');

/** Without `alt=sse` Google streams one long JSON array. */
export const wantsEvents = (url: string): boolean => /[?&]alt=sse(?:&|#|$)/.test(url);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
