import { z } from 'zod';

/** A line of text that every store and log can hold: no control characters, no half characters. */
export const lineOf = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => /^[^\p{Cc}\u2028\u2029]*$/u.test(text) && text.isWellFormed(), 'must not hold control characters');

/** The same, without the spaces around it. */
export const trimmedLineOf = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => /^[^\p{Cc}\u2028\u2029]*$/u.test(text) && text.isWellFormed(), 'must not hold control characters');

/** A name as people give it. */
export const nameOf = (max: number) => lineOf(max).refine((name) => name.trim() === name, 'must not begin or end with a space');

/** Time-ordered ids, as the kernel makes them. */
export const idOf = (prefix: string, what: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`), `must be the id of ${what} (${prefix}_...)`);
