import type { Citation } from '../canonical/part.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeObject, takeText } from '../json/take.js';

/** Sources of a candidate: of a search, and of texts that it recites. Google counts places in bytes, so none is taken over. */
export function readCitations(candidate: JsonObject): Citation[] {
  const chunks = takeArray(takeObject(candidate['groundingMetadata'])['groundingChunks']).map((chunk) => {
    const web = takeObject(takeObject(chunk)['web']);
    return { url: takeText(web['uri']), title: takeText(web['title']) };
  });
  const recited = takeArray(takeObject(candidate['citationMetadata'])['citations']).map((entry) => {
    const citation = takeObject(entry);
    return { url: takeText(citation['uri']), title: takeText(citation['title']) };
  });
  return [...chunks, ...recited].filter((citation) => citation.url !== undefined);
}

/** Sources in the shape of a search's. */
export function writeGrounding(citations: readonly Citation[]): JsonValue | undefined {
  const chunks = citations.flatMap(({ url, title }) => (url === undefined ? [] : [{ web: { uri: url, title: title ?? url } }]));
  return chunks.length > 0 ? { groundingChunks: chunks } : undefined;
}
