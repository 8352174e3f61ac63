export interface Linked<C> {
  next: C | null;
  previous: C | null;
  listed: boolean;
}

/** The calls under way, linked through themselves: entering and leaving allocates nothing. */
export class CallList<C extends Linked<C>> {
  first: C | null = null;
  size = 0;

  add(call: C): void {
    call.next = this.first;
    if (this.first !== null) this.first.previous = call;
    this.first = call;
    call.listed = true;
    this.size += 1;
  }

  remove(call: C): void {
    if (!call.listed) return;
    call.listed = false;
    if (call.previous === null) this.first = call.next;
    else call.previous.next = call.next;
    if (call.next !== null) call.next.previous = call.previous;
    call.next = null;
    call.previous = null;
    this.size -= 1;
  }

  /** A copy, so that calls may end while it is walked. */
  all(): C[] {
    const calls: C[] = [];
    for (let call = this.first; call !== null; call = call.next) calls.push(call);
    return calls;
  }
}
