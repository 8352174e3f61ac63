import type { PeekHints, PeekLimits, PeekReader } from '../openai-chat/peek.js';
import { preparePeek as prepare } from '../openai-chat/peek.js';

/** `input` may be a text, or absent where a stored conversation is named. */
const NAMES = { messages: 'input', maxTokens: 'max_output_tokens', looseMessages: true } as const;

export const preparePeek = (limits: PeekLimits): ((hints?: PeekHints) => PeekReader) => prepare(limits, NAMES);
