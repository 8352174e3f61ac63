import type { PeekHints, PeekLimits, PeekReader } from '../openai-chat/peek.js';
import { preparePeek as prepare } from '../openai-chat/peek.js';

/** Model and stream are in the path; the bound of the output lies inside `generationConfig` and is not looked for. */
const NAMES = { messages: 'contents', maxTokens: 'generationConfig.maxOutputTokens', looseMessages: false } as const;

export const preparePeek = (limits: PeekLimits): ((hints?: PeekHints) => PeekReader) => prepare(limits, NAMES);
