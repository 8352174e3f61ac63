import { z } from 'zod';

/** Billionths of a unit of the budget's currency; whole, so nothing drifts. Nine million dollars are the most that is exact. */
export const NanoSchema = z.int().nonnegative();
export const NANO_SCALE = 9;

export const BUDGET_PERIODS = ['hour', 'day', 'week', 'month', 'total'] as const;
export const BudgetPeriodSchema = z.enum(BUDGET_PERIODS);
export type BudgetPeriod = z.infer<typeof BudgetPeriodSchema>;

/**
 * A router asks for money of hard budgets. All numbers are totals of a lease (one per budget, window and holder), so a message
 * that is lost, late or doubled does no harm: `released` only grows, and the reply tells all that was ever granted.
 * Money that was leased does not come back by time: it is charged (see {@link BudgetChargeRequestSchema}), released, or freed
 * when the holder's spool has been replayed.
 */
export const BudgetLeaseRequestSchema = z.object({
  v: z.literal(1),
  /** Id of the asking process, fresh at each start: that of its spool. */
  holder: z.string(),
  budgets: z
    .array(
      z.object({
        budget: z.string(),
        /** Grows with each question of this holder about this budget: an older one is answered, but grants nothing. */
        turn: z.int().positive(),
        /** What the holder would reserve is in this currency. */
        currency: z.string().length(3),
        want: NanoSchema,
        /** The largest single sum that waits, and the smallest. */
        need: NanoSchema,
        least: NanoSchema,
        /** What was given back of each lease in all. */
        leases: z.array(z.object({ lease: z.string(), released: NanoSchema })).max(64),
      }),
    )
    .max(256),
});
export type BudgetLeaseRequest = z.infer<typeof BudgetLeaseRequestSchema>;

export const BudgetLeaseReplySchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('ok'),
    budgets: z.array(
      z.discriminatedUnion('status', [
        z.object({
          status: z.literal('ok'),
          budget: z.string(),
          name: z.string(),
          period: BudgetPeriodSchema,
          currency: z.string(),
          /** Of the window that is open now. */
          lease: z.string(),
          /** All that was ever granted under that lease. */
          granted: NanoSchema,
          /** Of earlier windows, what this holder has neither given back nor been charged for in full. */
          others: z.array(z.object({ lease: z.string(), granted: NanoSchema })),
          /** Until the window ends, from the SENDING of the question; null = never. Later calls belong to the next. */
          endsInMs: z.int().nonnegative().nullable(),
          limit: NanoSchema,
          /** Charged to the window by everybody. */
          charged: NanoSchema,
          /** Neither charged nor leased. */
          remaining: NanoSchema,
        }),
        /** There is no such hard budget (any more), or it is kept in another currency. */
        z.object({ status: z.enum(['unknown', 'currency']), budget: z.string(), name: z.string() }),
      ]),
    ),
  }),
  z.object({ status: z.literal('stale') }),
]);
export type BudgetLeaseReply = z.infer<typeof BudgetLeaseReplySchema>;

/** What one call cost in one budget. `lease` null = a soft budget: nothing was reserved. Idempotent by (id, budget). */
export const BudgetChargeSchema = z.object({
  budget: z.string(),
  lease: z.string().nullable(),
  nano: NanoSchema,
  currency: z.string().length(3),
});
export type BudgetCharge = z.infer<typeof BudgetChargeSchema>;

export const BudgetChargeRequestSchema = z.object({
  v: z.literal(1),
  charges: z.array(BudgetChargeSchema.extend({ id: z.string() })).max(2_000),
});
export type BudgetChargeRequest = z.infer<typeof BudgetChargeRequestSchema>;

/** The spool of this holder is empty and the holder gone: what its leases still hold is free. */
export const BudgetHolderGoneSchema = z.object({ v: z.literal(1), holder: z.string() });
export type BudgetHolderGone = z.infer<typeof BudgetHolderGoneSchema>;

/** `stale`: Postgres is out of reach, nothing was booked; say it again. */
export const BudgetBookedSchema = z.object({ status: z.enum(['ok', 'stale']) });
export type BudgetBooked = z.infer<typeof BudgetBookedSchema>;
