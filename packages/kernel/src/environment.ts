/** One variable that a service reads; rows of a table, so that the documentation can be generated from it. */
export interface VariableSpec<T> {
  readonly name: string;
  /** What it is for, one sentence. */
  readonly purpose: string;
  /** What a good value looks like; printed where a bad one is found. */
  readonly expected: string;
  /** Also read from `<NAME>_FILE`; the value never appears in a message. */
  readonly secret?: boolean;
  /** Used where the variable is absent; a variable without fallback is required. */
  readonly fallback?: T;
  /** Returns the value, or null where the text is no good value. */
  parse(text: string): T | null;
}

export type EnvironmentSpec = Record<string, VariableSpec<unknown>>;
export type EnvironmentOf<S extends EnvironmentSpec> = {
  readonly [K in keyof S]: S[K] extends VariableSpec<infer T> ? T : never;
};

/** Every mistake of an environment at once, so that an operator mends them in one go. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  constructor(readonly problems: readonly string[]) {
    super(`The environment is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

export interface EnvironmentSource {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Reads the file that a `*_FILE` variable names; throws where it cannot. */
  readFile(path: string): string;
}

/** Reads every variable of the spec into a frozen tree; throws {@link EnvironmentError} with all mistakes. */
export function readEnvironment<S extends EnvironmentSpec>(spec: S, source: EnvironmentSource): EnvironmentOf<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, variable] of Object.entries(spec)) {
    const text = textOf(variable, source, problems);
    if (text === undefined) continue;
    if (text === null) {
      if (!('fallback' in variable)) problems.push(`${variable.name} is missing: ${variable.expected}`);
      else values[key] = variable.fallback;
      continue;
    }
    const value = variable.parse(text);
    if (value === null) {
      const shown = variable.secret ? '' : ` ${JSON.stringify(text.slice(0, 80))}`;
      problems.push(`${variable.name}${shown} is not usable: expected ${variable.expected}`);
    } else values[key] = value;
  }
  if (problems.length > 0) throw new EnvironmentError(problems);
  return Object.freeze(values) as EnvironmentOf<S>;
}

/** The text, null where the variable is absent, undefined where a problem has been noted. */
function textOf(variable: VariableSpec<unknown>, source: EnvironmentSource, problems: string[]): string | null | undefined {
  const direct = source.variables[variable.name];
  const path = variable.secret ? source.variables[`${variable.name}_FILE`] : undefined;
  if (direct && path) {
    problems.push(`${variable.name} and ${variable.name}_FILE are both set: keep one`);
    return undefined;
  }
  if (path) {
    try {
      return source.readFile(path).replace(/\r?\n$/, '');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      problems.push(`${variable.name}_FILE cannot be read: ${reason}`);
      return undefined;
    }
  }
  return direct === undefined || direct === '' ? null : direct;
}
