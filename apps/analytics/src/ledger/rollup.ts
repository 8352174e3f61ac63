import type { UsageRecord } from '@tollgate/contracts';
import { timeOfId } from '@tollgate/kernel';
import { formatDecimal, parseDecimal } from '@tollgate/policy';
import type { Column } from './column.js';
import { providerOf } from './stored-usage.js';

const COST_SCALE = 18;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A change of one rollup row; sums may be negative where a row was replaced. */
export interface RollupDelta {
  readonly organisationId: string;
  /** Beginning of the hour or day, ms since the epoch. By the id, whose time no later settlement changes. */
  readonly periodMs: number;
  readonly tokenId: string;
  /** Empty where the token had no team. */
  readonly teamId: string;
  readonly model: string;
  readonly provider: string;
  readonly outcome: string;
  readonly currency: string;
  requests: number;
  attempts: number;
  unpriced: number;
  unreported: number;
  input: number;
  cacheRead: number;
  cacheWrite: number;
  inputAudio: number;
  output: number;
  reasoning: number;
  outputAudio: number;
  /** In 10^-18. */
  cost: bigint;
  durationUs: number;
  requestBytes: number;
  responseBytes: number;
}

/** Used something of an unknown price. A refused call and one that reached no upstream cost nothing, priced or not. */
export const isUnpriced = (record: UsageRecord): boolean =>
  record.cost === null && record.basis !== 'none' && record.outcome !== 'refused';

/** Names of models that do not exist are whatever callers send: they would make a rollup row each. */
const isInventedModel = (record: UsageRecord): boolean =>
  record.attempts.length === 0 &&
  (record.errorCode === 'model_not_found' || record.errorCode === 'model_not_allowed' || record.errorCode === 'invalid_request');

/** Collects what a batch changes, per hour. Whole numbers throughout, so the sums do not depend on the order. */
export class RollupChanges {
  private readonly byKey = new Map<string, RollupDelta>();

  add(record: UsageRecord): void {
    this.count(record, 1);
  }

  remove(record: UsageRecord): void {
    this.count(record, -1);
  }

  hours(): RollupDelta[] {
    return [...this.byKey.values()].filter(hasEffect);
  }

  /** Whether all of it is of one hour, as nearly always: then the days change by the very same rows. */
  get ofOneHour(): boolean {
    let hour: number | null = null;
    for (const { periodMs } of this.byKey.values()) {
      if (hour !== null && hour !== periodMs) return false;
      hour = periodMs;
    }
    return true;
  }

  days(): RollupDelta[] {
    const days = new Map<string, RollupDelta>();
    for (const hour of this.byKey.values()) {
      const periodMs = Math.floor(hour.periodMs / DAY_MS) * DAY_MS;
      const key = keyOf(hour, periodMs);
      const day = days.get(key);
      if (day === undefined) days.set(key, { ...hour, periodMs });
      else for (const measure of MEASURES) addMeasure(day, hour, measure);
    }
    return [...days.values()].filter(hasEffect);
  }

  private count(record: UsageRecord, sign: 1 | -1): void {
    const row = this.rowOf(record);
    const { usage } = record;
    row.requests += sign;
    row.attempts += sign * record.attempts.length;
    if (isUnpriced(record)) row.unpriced += sign;
    if (record.basis === 'counted' || record.basis === 'estimated') row.unreported += sign;
    row.input += sign * usage.input;
    row.cacheRead += sign * usage.cacheRead;
    row.cacheWrite += sign * usage.cacheWrite;
    row.inputAudio += sign * usage.inputAudio;
    row.output += sign * usage.output;
    row.reasoning += sign * usage.reasoning;
    row.outputAudio += sign * usage.outputAudio;
    if (record.cost !== null) row.cost += BigInt(sign) * parseDecimal(record.cost.amount, COST_SCALE);
    row.durationUs += sign * Math.round(record.durationMs * 1_000);
    row.requestBytes += sign * record.requestBytes;
    row.responseBytes += sign * record.responseBytes;
  }

  private rowOf(record: UsageRecord): RollupDelta {
    const identity = {
      organisationId: record.organisationId,
      tokenId: record.tokenId,
      teamId: record.teamId ?? '',
      model: isInventedModel(record) ? '' : record.model,
      provider: providerOf(record),
      outcome: record.outcome,
      currency: record.cost?.currency ?? '',
    };
    const periodMs = Math.floor((timeOfId(record.id) ?? record.startedAt) / HOUR_MS) * HOUR_MS;
    const key = keyOf(identity, periodMs);
    let row = this.byKey.get(key);
    if (row === undefined) {
      row = { ...identity, periodMs, ...NOTHING };
      this.byKey.set(key, row);
    }
    return row;
  }
}

const NOTHING = {
  requests: 0,
  attempts: 0,
  unpriced: 0,
  unreported: 0,
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  inputAudio: 0,
  output: 0,
  reasoning: 0,
  outputAudio: 0,
  cost: 0n,
  durationUs: 0,
  requestBytes: 0,
  responseBytes: 0,
};
type Measure = keyof typeof NOTHING;
const MEASURES = Object.keys(NOTHING) as Measure[];

function addMeasure(sum: RollupDelta, part: RollupDelta, measure: Measure): void {
  if (measure === 'cost') sum.cost += part.cost;
  else sum[measure] += part[measure];
}

const hasEffect = (row: RollupDelta): boolean =>
  MEASURES.some((measure) => (measure === 'cost' ? row.cost !== 0n : row[measure] !== 0));

/** NUL cannot stand in a stored text, so it separates. */
const keyOf = (
  row: Pick<RollupDelta, 'organisationId' | 'tokenId' | 'teamId' | 'model' | 'provider' | 'outcome' | 'currency'>,
  periodMs: number,
): string =>
  `${row.organisationId}\0${periodMs}\0${row.tokenId}\0${row.teamId}\0${row.model}\0${row.provider}\0${row.outcome}\0${row.currency}`;

const measure = (name: string, key: Exclude<Measure, 'cost'>): Column<RollupDelta> => ({
  name,
  type: 'bigint',
  value: (row) => row[key],
});

const columns = (periodType: string): readonly Column<RollupDelta>[] => [
  { name: 'organisation_id', type: 'text', value: (row) => row.organisationId },
  { name: 'period', type: periodType, value: (row) => new Date(row.periodMs).toISOString() },
  { name: 'token_id', type: 'text', value: (row) => row.tokenId },
  { name: 'team_id', type: 'text', value: (row) => row.teamId },
  { name: 'model', type: 'text', value: (row) => row.model },
  { name: 'provider', type: 'text', value: (row) => row.provider },
  { name: 'outcome', type: 'text', value: (row) => row.outcome },
  { name: 'currency', type: 'text', value: (row) => row.currency },
  measure('requests', 'requests'),
  measure('attempts', 'attempts'),
  measure('unpriced', 'unpriced'),
  measure('unreported', 'unreported'),
  measure('input_tokens', 'input'),
  measure('cache_read_tokens', 'cacheRead'),
  measure('cache_write_tokens', 'cacheWrite'),
  measure('input_audio_tokens', 'inputAudio'),
  measure('output_tokens', 'output'),
  measure('reasoning_tokens', 'reasoning'),
  measure('output_audio_tokens', 'outputAudio'),
  { name: 'cost', type: 'numeric', value: (row) => formatDecimal(row.cost, COST_SCALE) },
  measure('duration_us', 'durationUs'),
  measure('request_bytes', 'requestBytes'),
  measure('response_bytes', 'responseBytes'),
];

/** The two rollups: key columns first, then measures. */
export const HOURLY = { table: 'usage_hourly', columns: columns('timestamptz') } as const;
export const DAILY = { table: 'usage_daily', columns: columns('date') } as const;
export const ROLLUP_KEY_LENGTH = 8;
