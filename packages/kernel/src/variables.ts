import type { VariableSpec } from './environment.js';

type Details<T> = Pick<VariableSpec<T>, 'name' | 'purpose'> & { readonly fallback?: T; readonly secret?: boolean };

/** Any non-empty text. */
export const textVariable = (details: Details<string> & { readonly expected?: string }): VariableSpec<string> => ({
  expected: 'a text',
  ...details,
  parse: (text) => text,
});

/** A text that may be absent: null then. */
export const optionalText = (
  details: Omit<Details<string | null>, 'fallback'> & { readonly expected?: string },
): VariableSpec<string | null> => ({
  expected: 'a text',
  ...details,
  fallback: null,
  parse: (text) => text,
});

/** A whole number within bounds, both included. */
export const integerVariable = (
  details: Details<number> & { readonly min: number; readonly max: number },
): VariableSpec<number> => ({
  expected: `a whole number from ${details.min} to ${details.max}`,
  ...details,
  parse: (text) => {
    if (!/^-?\d{1,15}$/.test(text)) return null;
    const value = Number(text);
    return value >= details.min && value <= details.max ? value : null;
  },
});

export const booleanVariable = (details: Details<boolean>): VariableSpec<boolean> => ({
  expected: 'true or false',
  ...details,
  parse: (text) => (text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : null),
});

/** One word of a closed list. */
export const choiceVariable = <T extends string>(details: Details<T> & { readonly choices: readonly T[] }): VariableSpec<T> => ({
  expected: `one of ${details.choices.join(', ')}`,
  ...details,
  parse: (text) => details.choices.find((choice) => choice === text) ?? null,
});

/** A URL of one of the given protocols (`postgres:`, `nats:`, `https:` ...). */
export const urlVariable = <T extends string | null = string>(
  details: Details<T> & { readonly protocols: readonly string[] },
): VariableSpec<T> => ({
  expected: `a URL that starts with ${details.protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  ...details,
  parse: (text) => {
    if (!URL.canParse(text)) return null;
    return details.protocols.includes(new URL(text).protocol) ? (text as T) : null;
  },
});
