import type { ModelPrice } from '@pydantic/genai-prices';
import type { TableModel } from './vendor-table.js';

/**
 * The rates that hold at a moment: the last entry whose condition is met, the first where none is, as the package's own
 * calculation chooses (it does not export that step).
 */
export function ratesAt(model: TableModel, now: Date): ModelPrice {
  const { prices } = model;
  if (!Array.isArray(prices)) return prices;
  for (const entry of [...prices].reverse()) {
    const { constraint } = entry;
    if (constraint === undefined) return entry.prices;
    if (constraint.type === 'start_date' && now >= new Date(constraint.start_date)) return entry.prices;
    if (constraint.type === 'time_of_date' && within(now, constraint.start_time, constraint.end_time)) return entry.prices;
  }
  return prices[0]?.prices ?? {};
}

/** Times of the UTC day; a window may go over midnight. */
function within(now: Date, start: string, end: string): boolean {
  const time = now.toISOString().slice(11, 19);
  const [from, to] = [start.slice(0, 8), end.slice(0, 8)];
  return to < from ? time >= from || time < to : time >= from && time < to;
}
