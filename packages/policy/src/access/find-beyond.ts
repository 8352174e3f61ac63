import { matchesAny } from '../tokens/match-glob.js';
import { GlobAutomaton, OTHER } from './glob-automaton.js';

/** Texts that a glob of `allow` matches and none of `deny` does. */
export interface GlobRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export type Beyond =
  /** Nothing is. */
  | { readonly kind: 'none' }
  /** A shortest text that the inner rules admit and the outer ones refuse. */
  | { readonly kind: 'text'; readonly text: string }
  /** Not decided within the bound of work: to be treated as beyond. */
  | { readonly kind: 'too_complex' };

const NONE: Beyond = { kind: 'none' };
/** States times patterns; some ten milliseconds. Lists as people write them take a thousandth. */
const WORK_MAX = 2_000_000;

/**
 * Do the inner rules admit a text that the outer ones refuse? Exact: both sides are walked together as automata, breadth
 * first, over the characters that occur in them and one that stands for all others. The empty text is no name and not asked for.
 */
export function findBeyond(inner: GlobRules, outer: GlobRules): Beyond {
  let work = 0;
  for (const pattern of inner.allow) {
    const found = findBeyondOne(pattern, inner.deny, outer, WORK_MAX - work);
    work += found.work;
    if (found.beyond.kind !== 'none') return found.beyond;
  }
  return NONE;
}

/** Is there a text at all? */
export const findAdmitted = (rules: GlobRules): Beyond => findBeyond(rules, { allow: [], deny: [] });

interface Step {
  readonly state: readonly number[];
  readonly from: Step | null;
  readonly code: number;
}

function findBeyondOne(
  pattern: string,
  deny: readonly string[],
  outer: GlobRules,
  workMax: number,
): { readonly beyond: Beyond; readonly work: number } {
  if (!pattern.includes('*')) {
    const inside = !matchesAny(deny, pattern) && (!matchesAny(outer.allow, pattern) || matchesAny(outer.deny, pattern));
    return { beyond: inside && pattern !== '' ? { kind: 'text', text: pattern } : NONE, work: 1 };
  }
  const lists = [[pattern], deny, outer.allow, outer.deny].map((patterns) => patterns.filter((each) => mayMeet(pattern, each)));
  const groups = lists.map((patterns) => patterns.map((each) => new GlobAutomaton(each)));
  const [innerAllow, innerDeny, outerAllow, outerDeny] = groups as [
    GlobAutomaton[],
    GlobAutomaton[],
    GlobAutomaton[],
    GlobAutomaton[],
  ];
  const automata = groups.flat();
  const bounds = boundsOf(groups);
  const codes = codesOf(lists.flat());
  const any = (own: readonly GlobAutomaton[], from: number, state: readonly number[], test: 'accepts' | 'isAll'): boolean =>
    own.some((automaton, index) => automaton[test](state[from + index] as number));
  const [denyAt, allowAt, outerDenyAt] = [bounds[1] as number, bounds[2] as number, bounds[3] as number];
  const hopeless = (state: readonly number[]): boolean =>
    innerAllow[0]?.isDead(state[0] as number) === true ||
    any(innerDeny, denyAt, state, 'isAll') ||
    (any(outerAllow, allowAt, state, 'isAll') &&
      outerDeny.every((each, index) => each.isDead(state[outerDenyAt + index] as number)));
  const beyond = (state: readonly number[]): boolean =>
    any(innerAllow, 0, state, 'accepts') &&
    !any(innerDeny, denyAt, state, 'accepts') &&
    (!any(outerAllow, allowAt, state, 'accepts') || any(outerDeny, outerDenyAt, state, 'accepts'));
  const first: Step = { state: automata.map(({ start }) => start), from: null, code: OTHER };
  // Not with the first: texts may lead back to it, and unlike the empty one they count.
  const seen = new Set<string>();
  let front: Step[] = hopeless(first.state) ? [] : [first];
  let work = 0;
  while (front.length > 0) {
    const reached: Step[] = [];
    for (const step of front) {
      for (const code of codes) {
        work += automata.length;
        if (work > workMax) return { beyond: { kind: 'too_complex' }, work };
        const state = automata.map((automaton, index) => automaton.step(step.state[index] as number, code));
        const key = state.join();
        if (seen.has(key)) continue;
        seen.add(key);
        const next: Step = { state, from: step, code };
        if (beyond(state)) return { beyond: { kind: 'text', text: textOf(next, codes) }, work };
        if (!hopeless(state)) reached.push(next);
      }
    }
    front = reached;
  }
  return { beyond: NONE, work };
}

/** False only where no text matches both: what stands before the first star, or after the last one, differs. */
function mayMeet(a: string, b: string): boolean {
  const [before, after] = [endsOf(a), endsOf(b)];
  return (
    (before.head.startsWith(after.head) || after.head.startsWith(before.head)) &&
    (before.tail.endsWith(after.tail) || after.tail.endsWith(before.tail))
  );
}

function endsOf(pattern: string): { readonly head: string; readonly tail: string } {
  const star = pattern.indexOf('*');
  return star < 0
    ? { head: pattern, tail: pattern }
    : { head: pattern.slice(0, star), tail: pattern.slice(pattern.lastIndexOf('*') + 1) };
}

function boundsOf(groups: readonly (readonly unknown[])[]): number[] {
  let at = 0;
  return groups.map((group) => {
    const begin = at;
    at += group.length;
    return begin;
  });
}

const STAR = 42;
const codesOf = (patterns: readonly string[]): readonly number[] => {
  const codes = new Set<number>();
  for (const pattern of patterns) for (let at = 0; at < pattern.length; at += 1) codes.add(pattern.charCodeAt(at));
  codes.delete(STAR);
  return [...codes, OTHER];
};

/** The stand-in is shown as a letter that no pattern names. */
function textOf(last: Step, codes: readonly number[]): string {
  const other =
    [...'xyzabcdefghijklmnopqrstuvwXYZABC0123456789-_+~'].find((letter) => !codes.includes(letter.charCodeAt(0))) ?? '\u00a4';
  const text: string[] = [];
  for (let step: Step = last; step.from !== null; step = step.from)
    text.unshift(step.code === OTHER ? other : String.fromCharCode(step.code));
  return text.join('');
}
