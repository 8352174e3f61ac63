import type { UsageAttempt, UsageBasis, UsageRecord, UsageReport } from '@tollgate/contracts';
import { priceUsage, sumMoney } from '@tollgate/policy';
import { basisRank } from './rank.js';
import { sumUsage } from './stored-usage.js';

/**
 * The settlement with what adapters saw of attempts whose router vanished: an attempt takes over a report of a better
 * basis, and is priced anew. The same object where no report tells more. The order of the reports has no part in it.
 */
export function applyReports(settlement: UsageRecord, reports: readonly UsageReport[]): UsageRecord {
  let changed = false;
  const byNumber = new Map<number, UsageAttempt>(settlement.attempts.map((attempt) => [attempt.number, attempt]));
  for (const report of reports) {
    const attempt = byNumber.get(report.attempt) ?? unknownAttempt(settlement, report);
    if (basisRank(report.basis) <= basisRank(attempt.basis)) continue;
    byNumber.set(report.attempt, withReport(attempt, report));
    changed = true;
  }
  if (!changed) return settlement;
  const attempts = [...byNumber.values()].sort((left, right) => left.number - right.number);
  const paid = attempts.filter((attempt) => attempt.basis !== 'none');
  return {
    ...settlement,
    attempts,
    usage: sumUsage(attempts),
    basis: weakest(paid),
    cost: sumMoney(paid.map(({ cost }) => cost)),
  };
}

function withReport(attempt: UsageAttempt, report: UsageReport): UsageAttempt {
  return {
    ...attempt,
    status: report.status ?? attempt.status,
    durationMs: report.durationMs,
    firstByteMs: report.firstByteMs ?? attempt.firstByteMs,
    upstreamRequestId: report.upstreamRequestId ?? attempt.upstreamRequestId,
    usage: report.usage,
    basis: report.basis,
    cost: priceUsage(attempt.price, report.usage),
  };
}

/** The router died before it wrote down that attempt: what it was made at is not known, and so its price is not. */
const unknownAttempt = (settlement: UsageRecord, report: UsageReport): UsageAttempt => ({
  number: report.attempt,
  deploymentId: '',
  provider: '',
  upstreamModel: '',
  status: report.status,
  errorCode: null,
  startedAt: settlement.startedAt,
  firstByteMs: null,
  durationMs: report.durationMs,
  upstreamRequestId: null,
  usage: report.usage,
  basis: 'none',
  price: null,
  cost: null,
});

const weakest = (attempts: readonly UsageAttempt[]): UsageBasis =>
  attempts.reduce<UsageBasis>(
    (basis, attempt) => (basisRank(attempt.basis) < basisRank(basis) ? attempt.basis : basis),
    'reported',
  );
