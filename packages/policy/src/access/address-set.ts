import type { TokenPolicy } from '@tollgate/contracts';
import { type Network, readNetwork } from './networks.js';

type Addresses = TokenPolicy['addresses'];

/** Disjoint blocks in ascending order, by family. */
export interface AddressSet {
  readonly 4: readonly Range[];
  readonly 6: readonly Range[];
}
interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const FAMILIES = [4, 6] as const;
const EVERYTHING: AddressSet = {
  4: [{ first: 0n, last: (1n << 32n) - 1n }],
  6: [{ first: 0n, last: (1n << 128n) - 1n }],
};

/** Exactly the addresses that the rules let in. A text that is no network lets nobody in and denies nobody: it is refused before it is stored. */
export function addressesAdmitted({ allow, deny }: Addresses): AddressSet {
  return without(allow.length === 0 ? EVERYTHING : setOf(allow), setOf(deny));
}

export const setOf = (texts: readonly string[]): AddressSet => {
  const networks = texts.flatMap((text): Network[] => {
    const read = readNetwork(text);
    return read.ok ? [read.network] : [];
  });
  return { 4: merged(networks, 4), 6: merged(networks, 6) };
};

function merged(networks: readonly Network[], family: 4 | 6): Range[] {
  const ranges: { first: bigint; last: bigint }[] = [];
  const sorted = networks.filter((each) => each.family === family).sort((a, b) => (a.first < b.first ? -1 : 1));
  for (const { first, last } of sorted) {
    const before = ranges.at(-1);
    if (before === undefined || first > before.last + 1n) ranges.push({ first, last });
    else if (last > before.last) before.last = last;
  }
  return ranges;
}

/** What is in `set` and not in `taken`. */
export function without(set: AddressSet, taken: AddressSet): AddressSet {
  return { 4: subtract(set[4], taken[4]), 6: subtract(set[6], taken[6]) };
}

function subtract(ranges: readonly Range[], taken: readonly Range[]): Range[] {
  const left: Range[] = [];
  for (const { first, last } of ranges) {
    let from = first;
    for (const hole of taken) {
      if (hole.last < from) continue;
      if (hole.first > last) break;
      if (hole.first > from) left.push({ first: from, last: hole.first - 1n });
      from = hole.last + 1n;
    }
    if (from <= last) left.push({ first: from, last });
  }
  return left;
}

export const isEmptySet = (set: AddressSet): boolean => FAMILIES.every((family) => set[family].length === 0);
