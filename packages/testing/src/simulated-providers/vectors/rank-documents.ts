export interface Ranked {
  readonly index: number;
  /** 0..1, higher is nearer. */
  readonly score: number;
}

/** Orders documents by the share of the question's words that they hold; equal ones keep their order. */
export function rankDocuments(query: string, documents: readonly string[], top: number): readonly Ranked[] {
  const wanted = new Set(query.toLowerCase().match(/\w+/g) ?? []);
  return documents
    .map((text, index) => {
      const words = new Set(text.toLowerCase().match(/\w+/g) ?? []);
      const shared = [...wanted].filter((word) => words.has(word)).length;
      return { index, score: Math.round(((shared + 0.01) / (wanted.size + 1)) * 1e6) / 1e6 };
    })
    .sort((one, other) => other.score - one.score || one.index - other.index)
    .slice(0, top);
}
