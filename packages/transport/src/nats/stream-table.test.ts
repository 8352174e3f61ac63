import { describe, expect, it } from 'vitest';
import { StreamTable } from './stream-table.js';

describe('StreamTable', () => {
  it('finds what is open by its number, over several growths', () => {
    const table = new StreamTable<{ id: number }>();
    const streams = Array.from({ length: 1_000 }, (_, id) => ({ id }));
    for (const stream of streams) table.add(stream);
    expect(streams.every((stream) => table.get(stream.id) === stream)).toBe(true);
    expect([...table.values()]).toHaveLength(1_000);
    for (const { id } of streams) expect(table.delete(id)).toBe(true);
    expect([table.size, [...table.values()]]).toEqual([0, []]);
  });

  it('does not take one stream for another in the same slot', () => {
    const table = new StreamTable<{ id: number }>();
    const open = { id: 7 };
    table.add(open);
    const late = 7 + 2 ** 20;
    expect(table.get(late)).toBeUndefined();
    expect(table.delete(late)).toBe(false);
    expect([table.isFree(late), table.isFree(8)]).toEqual([false, true]);
    expect(table.get(7)).toBe(open);
  });

  it('leaves out what ends while the streams are walked', () => {
    const table = new StreamTable<{ id: number }>();
    for (const id of [1, 2, 3]) table.add({ id });
    const seen: number[] = [];
    for (const { id } of table.values()) {
      seen.push(id);
      table.delete(2);
    }
    expect(seen).toEqual([1, 3]);
  });
});
