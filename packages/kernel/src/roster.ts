/** A field that belongs to the {@link Roster} that the member stands in; -1 = in none. */
export interface Placed {
  place: number;
}

/**
 * What is under way right now, in no order; entering and leaving allocates nothing. A `Set` with as much coming and going
 * rehashes all the time, and V8 links each discarded table to its successor: once one of them is old, all that ever stood
 * in a later one outlives the young generation, which costs more than the call's own work.
 */
export class Roster<T extends Placed> {
  private members: (T | null)[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(member: T): void {
    if (member.place >= 0) return;
    member.place = this.count;
    if (this.count === this.members.length) this.members.push(member);
    else this.members[this.count] = member;
    this.count += 1;
  }

  /** False where it does not stand here. */
  remove(member: T): boolean {
    const { place } = member;
    if (place < 0) return false;
    member.place = -1;
    this.count -= 1;
    const last = this.members[this.count] as T;
    this.members[this.count] = null;
    if (place === this.count) return true;
    this.members[place] = last;
    last.place = place;
    return true;
  }

  /** A copy, so that members may come and go while it is walked. One that has left meanwhile is still in it: `place` tells. */
  all(): T[] {
    return this.members.slice(0, this.count) as T[];
  }
}
