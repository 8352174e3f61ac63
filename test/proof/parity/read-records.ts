import { type Stack, waitFor } from '@tollgate/testing';
import type { RecordRow } from './compare-ledgers.ts';

interface Page {
  readonly data: readonly RecordRow[];
  readonly next_cursor: string | null;
}

/** Every usage record of a token, page by page, as a user of the API would. */
export async function readRecords(stack: Stack, tokenId: string): Promise<RecordRow[]> {
  const rows: RecordRow[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ token_id: tokenId, limit: '200', ...(cursor === null ? {} : { cursor }) });
    const { status, body } = await stack.api(`/api/v1/usage/records?${query}`);
    if (status !== 200) throw new Error(`The records answer ${status}: ${JSON.stringify(body)}`);
    const page = body as Page;
    rows.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rows;
}

export interface Totals {
  readonly requests: number;
  readonly refused: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

export async function readTotals(stack: Stack, tokenId: string): Promise<Totals> {
  const { status, body } = await stack.api(`/api/v1/usage?token_id=${tokenId}`);
  if (status !== 200) throw new Error(`The totals answer ${status}: ${JSON.stringify(body)}`);
  return (body as { totals: Totals }).totals;
}

/** Waits until nothing more arrives: the same number of records for so long that every spool has had its turn. */
export async function untilSettled(stack: Stack, tokenId: string, stillMs: number): Promise<void> {
  let [last, since] = ['', performance.now()];
  await waitFor(
    async () => {
      const totals = JSON.stringify(await readTotals(stack, tokenId));
      if (totals !== last) [last, since] = [totals, performance.now()];
      return performance.now() - since >= stillMs;
    },
    { timeoutMs: 180_000, intervalMs: 500, what: 'the usage totals to stand still' },
  );
}
