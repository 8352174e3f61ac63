/** Cycles in a graph of names, each once, as the path that closes (depth-first search). */
export function findCycles(arrows: ReadonlyMap<string, readonly string[]>): string[][] {
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const visit = (name: string): void => {
    state.set(name, 'open');
    path.push(name);
    for (const next of arrows.get(name) ?? []) {
      if (state.get(next) === 'open') cycles.push([...path.slice(path.indexOf(next)), next]);
      else if (state.get(next) === undefined) visit(next);
    }
    path.pop();
    state.set(name, 'done');
  };
  for (const name of arrows.keys()) if (state.get(name) === undefined) visit(name);
  return cycles;
}
