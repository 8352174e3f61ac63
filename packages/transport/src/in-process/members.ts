/** Queue groups by subject: a message goes to one member of each group, in turn. */
export class Members<M> {
  readonly #groups = new Map<string, Map<string, { readonly members: M[]; next: number }>>();

  add(subject: string, queue: string, member: M): () => void {
    const groups = this.#groups.get(subject) ?? new Map<string, { readonly members: M[]; next: number }>();
    this.#groups.set(subject, groups);
    const group = groups.get(queue) ?? { members: [], next: 0 };
    groups.set(queue, group);
    group.members.push(member);
    return () => {
      const index = group.members.indexOf(member);
      if (index < 0) return;
      group.members.splice(index, 1);
      if (group.members.length > 0) return;
      groups.delete(queue);
      if (groups.size === 0) this.#groups.delete(subject);
    };
  }

  /** The member whose turn it is, of the group that was first to join; null where there is none. */
  pick(subject: string): M | null {
    const groups = this.#groups.get(subject);
    if (groups === undefined) return null;
    for (const group of groups.values()) {
      group.next = (group.next + 1) % group.members.length;
      return group.members[group.next] as M;
    }
    return null;
  }

  clear(): void {
    this.#groups.clear();
  }

  *all(subject: string): Iterable<M> {
    for (const group of this.#groups.get(subject)?.values() ?? []) yield* [...group.members];
  }
}
