import type { PeekHints, PeekLimits, PeekReader } from '../openai-chat/peek.js';
import { preparePeek as prepare } from '../openai-chat/peek.js';

/** `input` may be a text, or absent where a stored conversation is named. */
const NAMES = {
  messages: 'input',
  maxTokens: 'max_output_tokens',
  looseMessages: true,
  // What is made after the call has ended could be held to no limit and counted by nobody.
  refused: [{ name: 'background', message: '"background" is not served: stream the answer, or wait for it.' }],
} as const;

export const preparePeek = (limits: PeekLimits): ((hints?: PeekHints) => PeekReader) => prepare(limits, NAMES);
