import type { Price, PriceInput, SetPrice } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';
import type { WriteSession } from './session.js';

export interface DatedPriceRow {
  readonly id: string;
  readonly effective_from: Date;
  readonly price: Price | null;
  readonly created_at: Date;
}

/** A clock that is a little behind is no wish for the past. */
const LATE_MS_MAX = 60_000;

/** Another row, never a change of one: what was charged by an earlier price stays explained. */
export async function insertPrice(session: WriteSession, deploymentId: string, wish: SetPrice): Promise<DatedPriceRow> {
  const from = wish.effective_from === undefined ? session.now : new Date(wish.effective_from);
  if (from.getTime() < session.now.getTime() - LATE_MS_MAX) {
    throw new InvalidFieldsError([{ pointer: '/effective_from', detail: 'is in the past: what was charged stays as it is' }]);
  }
  const price = wish.price === null ? null : priceOf(wish.price);
  const [row] = await session.query<DatedPriceRow>(
    `INSERT INTO catalog.deployment_prices (id, deployment_id, effective_from, price, created_at) VALUES ($1, $2, $3, $4, $5)
     RETURNING id, effective_from, price, created_at`,
    [session.newId('price'), deploymentId, from, price === null ? null : JSON.stringify(price), session.now],
  );
  return row as DatedPriceRow;
}

const priceOf = (input: PriceInput): Price => ({
  source: 'api',
  currency: input.currency,
  input: input.input,
  output: input.output,
  cacheRead: input.cache_read ?? null,
  cacheWrite: input.cache_write ?? null,
  inputAudio: input.input_audio ?? null,
  outputAudio: input.output_audio ?? null,
  perRequest: input.per_request ?? null,
  tiers: [],
});
