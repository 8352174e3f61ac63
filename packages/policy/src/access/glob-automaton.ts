const STAR = 42;
/** Stands for every character that no pattern names. */
export const OTHER = -1;

/** A set of positions in one pattern, reached by the same texts. */
interface State {
  readonly accepts: boolean;
  /** No text leads on from here to a match. */
  readonly dead: boolean;
  /** Every text does. */
  readonly all: boolean;
  readonly positions: readonly number[];
  readonly next: Map<number, number>;
}

/**
 * The deterministic automaton of one glob, made as far as it is walked. Of the positions that a text can have reached, those
 * before the last star say nothing that the star does not, so there are few states: at most one per position.
 */
export class GlobAutomaton {
  private readonly states: State[] = [];
  private readonly numbers = new Map<string, number>();
  readonly start: number;

  constructor(private readonly pattern: string) {
    this.start = this.stateOf([0]);
  }

  step(state: number, code: number): number {
    const { positions, next } = this.at(state);
    const known = next.get(code);
    if (known !== undefined) return known;
    const reached: number[] = [];
    for (const position of positions) {
      const own = position < this.pattern.length ? this.pattern.charCodeAt(position) : Number.NaN;
      if (own === STAR) reached.push(position);
      else if (own === code) reached.push(position + 1);
    }
    const number = this.stateOf(reached);
    next.set(code, number);
    return number;
  }

  accepts = (state: number): boolean => this.at(state).accepts;
  isDead = (state: number): boolean => this.at(state).dead;
  isAll = (state: number): boolean => this.at(state).all;

  private at(state: number): State {
    const found = this.states[state];
    if (found === undefined) throw new Error('there is no such state');
    return found;
  }

  private stateOf(reached: readonly number[]): number {
    const { pattern } = this;
    const closed = new Set<number>();
    for (const position of reached) {
      let at = position;
      closed.add(at);
      // A star may stand for nothing.
      while (at < pattern.length && pattern.charCodeAt(at) === STAR) {
        at += 1;
        closed.add(at);
      }
    }
    const last = Math.max(-1, ...[...closed].filter((position) => pattern.charCodeAt(position) === STAR));
    const positions = [...closed].filter((position) => position >= last).sort((a, b) => a - b);
    const key = positions.join(',');
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.states.length;
    this.numbers.set(key, number);
    const accepts = positions.includes(pattern.length);
    this.states.push({
      accepts,
      dead: positions.length === 0,
      all: accepts && last === pattern.length - 1,
      positions,
      next: new Map(),
    });
    return number;
  }
}
