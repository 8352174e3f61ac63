import { matchesAny } from './match-glob.js';

/** Default deny: true where one of the granted scopes covers `wanted`, for instance `llm:*` covers `llm:chat`. */
export const scopeAllows = (granted: readonly string[], wanted: string): boolean => matchesAny(granted, wanted);

/**
 * The wanted scopes (patterns themselves) that the held ones do not cover: what a caller may not hand on. A star in a
 * wanted scope is covered by a star only, so `llm:chat` covers neither `llm:*` nor `llm:c*`.
 */
export const scopesBeyond = (held: readonly string[], wanted: readonly string[]): string[] =>
  wanted.filter((scope) => !matchesAny(held, scope));
