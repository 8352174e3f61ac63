import { CHAT_COMPLETIONS, type Ingress, MESSAGES } from '../ingress.js';
import { RESPONSES } from './responses.js';

/** By path; the prefix is what some clients are given as a base URL. */
export const INGRESSES: ReadonlyMap<string, Ingress> = new Map([
  [CHAT_COMPLETIONS.path, CHAT_COMPLETIONS],
  [RESPONSES.path, RESPONSES],
  [MESSAGES.path, MESSAGES],
  [`/anthropic${MESSAGES.path}`, MESSAGES],
]);
