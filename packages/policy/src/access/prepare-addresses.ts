import type { TokenPolicy } from '@tollgate/contracts';
import { type AddressSet, addressesAdmitted } from './address-set.js';
import { readAddress } from './networks.js';

/** May a call come from this address? */
export type AddressCheck = (address: string) => boolean;

/** How many addresses are remembered with their verdict; callers come back. */
const REMEMBERED_MAX = 256;

/** null where the rules bind nobody. What is no address is let in by no rule. */
export function prepareAddresses(rules: TokenPolicy['addresses']): AddressCheck | null {
  if (rules.allow.length === 0 && rules.deny.length === 0) return null;
  const set = addressesAdmitted(rules);
  const verdicts = new Map<string, boolean>();
  return (address) => {
    const known = verdicts.get(address);
    if (known !== undefined) return known;
    const verdict = contains(set, address);
    if (verdicts.size >= REMEMBERED_MAX) verdicts.clear();
    verdicts.set(address, verdict);
    return verdict;
  };
}

/** Binary search: a thousand blocks take ten comparisons. */
function contains(set: AddressSet, text: string): boolean {
  const address = readAddress(text);
  if (address === null) return false;
  const ranges = set[address.family];
  let [low, high] = [0, ranges.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range === undefined) return false;
    if (address.value < range.first) high = middle - 1;
    else if (address.value > range.last) low = middle + 1;
    else return true;
  }
  return false;
}
