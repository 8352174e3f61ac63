import { anthropicMessages } from './anthropic-messages/dialect.js';
import type { Dialect } from './canonical/dialect.js';
import type { DialectName } from './canonical/dialect-name.js';
import { cohereV2 } from './cohere-v2/dialect.js';
import { gemini } from './gemini/dialect.js';
import { mistral } from './mistral/dialect.js';
import { ollama } from './ollama/dialect.js';
import { openaiChat } from './openai-chat/dialect.js';
import { openaiResponses } from './openai-responses/dialect.js';

/** Every grammar that is spoken; a new one is one line. */
export const DIALECT_ROWS: readonly Dialect[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  gemini,
  mistral,
  ollama,
  cohereV2,
];

const byName = new Map<string, Dialect>(DIALECT_ROWS.map((dialect) => [dialect.name, dialect]));

/** null for a name of contracts that nobody speaks here. */
export const findDialect = (name: DialectName | (string & {})): Dialect | null => byName.get(name) ?? null;

/** A caller of the first dialect can be served by a vendor of the second. */
export const translates = (caller: string, vendor: string): boolean =>
  caller !== vendor && byName.get(caller)?.caller != null && byName.get(vendor)?.upstream != null;
