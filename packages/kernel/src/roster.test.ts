import { describe, expect, it } from 'vitest';
import { Roster } from './roster.js';

const member = (name: string) => ({ name, place: -1 });

describe('Roster', () => {
  it('holds what has entered and not left, whatever leaves first', () => {
    const roster = new Roster<ReturnType<typeof member>>();
    const [a, b, c] = [member('a'), member('b'), member('c')];
    for (const each of [a, b, c]) roster.add(each);
    expect(roster.remove(a)).toBe(true);
    expect(roster.all().map(({ name }) => name)).toEqual(['c', 'b']);
    expect([a.place, roster.size]).toEqual([-1, 2]);
    expect(roster.remove(b)).toBe(true);
    expect(roster.remove(c)).toBe(true);
    expect(roster.all()).toEqual([]);
  });

  it('takes a member once and lets it go once', () => {
    const roster = new Roster<ReturnType<typeof member>>();
    const a = member('a');
    roster.add(a);
    roster.add(a);
    expect(roster.size).toBe(1);
    expect([roster.remove(a), roster.remove(a)]).toEqual([true, false]);
    roster.add(a);
    expect(roster.all()).toEqual([a]);
  });
});
