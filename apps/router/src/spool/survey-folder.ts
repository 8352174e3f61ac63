import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readCommitMark } from './interrupted-record.js';
import { readSegment } from './read-segment.js';
import { segmentNumber } from './segment.js';

export interface Survey {
  readonly segments: readonly { readonly path: string; readonly number: number }[];
  /** Text of each intent that has no settlement, by request id. */
  readonly open: ReadonlyMap<string, string>;
  /** By segment: ranges whose settlements are committed. */
  readonly committed: ReadonlyMap<number, readonly { readonly from: number; readonly to: number }[]>;
  readonly damagedLines: number;
  readonly bytes: number;
  /** Last write, milliseconds since the epoch: when the process died, as well as can be known. */
  readonly diedAt: number;
}

const YIELD_EVERY = 500;
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads a dead process's folder once, in the order of writing. Memory: the calls that were open at one time. */
export async function surveyFolder(folder: string): Promise<Survey> {
  const segments = readdirSync(folder)
    .map((name) => ({ path: join(folder, name), number: segmentNumber(name) ?? -1 }))
    .filter(({ number }) => number >= 0)
    .sort((a, b) => a.number - b.number);
  const open = new Map<string, string>();
  const committed = new Map<number, { from: number; to: number }[]>();
  let [damagedLines, bytes, diedAt, seen] = [0, 0, 0, 0];
  for (const { path } of segments) {
    const facts = statSync(path);
    bytes += facts.size;
    diedAt = Math.max(diedAt, facts.mtimeMs);
    for (const entry of readSegment(path)) {
      seen += 1;
      if (seen % YIELD_EVERY === 0) await breathe();
      if (entry.kind === 'damaged') {
        damagedLines += 1;
        continue;
      }
      const text = entry.payload.toString('utf8');
      if (entry.kind === 'commit') {
        const mark = readCommitMark(text);
        if (mark !== null) committed.set(mark.segment, [...(committed.get(mark.segment) ?? []), mark]);
        continue;
      }
      const id = String((JSON.parse(text) as { id?: unknown }).id);
      if (entry.kind === 'intent') open.set(id, text);
      else open.delete(id);
    }
  }
  return { segments, open, committed, damagedLines, bytes, diedAt: Math.round(diedAt) };
}
