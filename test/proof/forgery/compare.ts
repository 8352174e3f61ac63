/**
 * How well two samples can be told apart: the chance that one drawn from the second is larger than one from the first, ties
 * counted half (Mann and Whitney's U, divided by the number of pairs). 0.5 = not at all. It asks for no distribution, and a few
 * slow answers of a busy machine weigh no more than others.
 */
export function distinguishability(first: readonly number[], second: readonly number[]): number {
  const all = [...first.map((value) => ({ value, own: 0 })), ...second.map((value) => ({ value, own: 1 }))].toSorted(
    (a, b) => a.value - b.value,
  );
  let [ranks, index] = [0, 0];
  while (index < all.length) {
    let end = index;
    while (end < all.length && all[end]?.value === all[index]?.value) end += 1;
    const rank = (index + 1 + end) / 2;
    for (let at = index; at < end; at += 1) if (all[at]?.own === 1) ranks += rank;
    index = end;
  }
  const [n, m] = [first.length, second.length];
  return (ranks - (m * (m + 1)) / 2) / (n * m);
}

/** Standard deviation of the above where there is no difference. */
export const chanceError = (n: number, m: number): number => Math.sqrt((n + m + 1) / (12 * n * m));

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
