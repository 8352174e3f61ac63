import { anthropicMessages } from './anthropic-messages/dialect.js';
import type { Dialect } from './canonical/dialect.js';
import type { DialectName } from './canonical/dialect-name.js';
import { gemini } from './gemini/dialect.js';
import { openaiChat } from './openai-chat/dialect.js';
import { openaiResponses } from './openai-responses/dialect.js';

/** Every grammar that is spoken; a new one is one line. */
export const DIALECT_ROWS: readonly Dialect[] = [openaiChat, openaiResponses, anthropicMessages, gemini];

const byName = new Map(DIALECT_ROWS.map((dialect) => [dialect.name, dialect]));

export const findDialect = (name: DialectName): Dialect | null => byName.get(name) ?? null;
