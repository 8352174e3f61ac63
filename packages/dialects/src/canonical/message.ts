import type { JsonObject } from '../json/json-value.js';
import type { Part } from './part.js';

/**
 * `system` and `developer` may stand anywhere; `tool` holds tool results only. Two messages of one role in a row are
 * allowed: a writer whose vendor wants turns merges them.
 */
export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

export interface CanonicalMessage {
  readonly role: Role;
  readonly parts: readonly Part[];
  /** Name of the participant (OpenAI). */
  readonly name?: string;
  readonly rest?: JsonObject;
}
