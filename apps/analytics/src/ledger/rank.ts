import { USAGE_BASES, type UsageBasis, type UsageRecord, type UsageReport } from '@tollgate/contracts';
import { totalTokens } from './stored-usage.js';

/** 0 for `none` up to 3 for `reported`. */
export const basisRank = (basis: UsageBasis): number => USAGE_BASES.length - 1 - USAGE_BASES.indexOf(basis);

/**
 * Settlement of a router's open intent after its death: a stand-in for the settlement that it did not live to write, so
 * any real one replaces it, also one that says that nothing was used.
 */
const isStandIn = (record: UsageRecord): boolean =>
  record.outcome === 'interrupted' && (record.status === 0 || record.basis === 'estimated');

/** Whether the settlement takes the place of the one that is there. The order of arrival has no part in it. */
export function settlementOutranks(incoming: UsageRecord, stored: UsageRecord): boolean {
  return isGreater(rankOfSettlement(incoming), rankOfSettlement(stored));
}

/** Whether the report takes the place of an earlier one of the same attempt. */
export function reportOutranks(incoming: UsageReport, stored: UsageReport): boolean {
  return isGreater(rankOfReport(incoming), rankOfReport(stored));
}

// A router settles once, so equal ranks are repetitions; tokens and duration decide between what should not be.
const rankOfSettlement = (record: UsageRecord): readonly number[] => [
  isStandIn(record) ? 0 : 1,
  basisRank(record.basis),
  totalTokens(record.usage),
  record.durationMs,
];

export const rankOfReport = (report: UsageReport): readonly [number, number, number] => [
  basisRank(report.basis),
  totalTokens(report.usage),
  report.durationMs,
];

function isGreater(left: readonly number[], right: readonly number[]): boolean {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    if (value !== other) return value > other;
  }
  return false;
}
