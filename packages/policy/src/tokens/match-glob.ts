const STAR = 42;

/**
 * `*` stands for any run of characters, also none; every other character for itself. Time is bounded by
 * length of pattern x length of text (two pointers, no recursion, no RegExp made from a user's text), and is linear
 * where the pattern has one star.
 */
export function matchGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (t < text.length) {
    const code = p < pattern.length ? pattern.charCodeAt(p) : -1;
    // The star first: `text` may itself be a pattern, whose star only a star covers.
    if (code === STAR) {
      starAt = p;
      resumeAt = t;
      p += 1;
    } else if (code === text.charCodeAt(t)) {
      p += 1;
      t += 1;
    } else if (starAt >= 0) {
      resumeAt += 1;
      t = resumeAt;
      p = starAt + 1;
    } else return false;
  }
  while (p < pattern.length && pattern.charCodeAt(p) === STAR) p += 1;
  return p === pattern.length;
}

export function matchesAny(patterns: readonly string[], text: string): boolean {
  for (const pattern of patterns) if (matchGlob(pattern, text)) return true;
  return false;
}
