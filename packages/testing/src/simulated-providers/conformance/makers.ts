import type { MakeDriver } from './driver.js';
import { makeAnthropic } from './drivers/anthropic.js';
import { makeBedrock } from './drivers/bedrock.js';
import { makeCohere } from './drivers/cohere.js';
import { makeGemini, makeVertex } from './drivers/google.js';
import { makeMistral } from './drivers/mistral.js';
import { makeOllama } from './drivers/ollama.js';
import { makeAzureOpenAi, makeOpenAiChat } from './drivers/openai-chat.js';
import { makeOpenAiResponses } from './drivers/openai-responses.js';

/** Every provider that has a chat, behind its vendor's client. */
export const MAKERS: Readonly<Record<string, MakeDriver>> = {
  'openai chat': makeOpenAiChat,
  'openai responses': makeOpenAiResponses,
  'azure-openai': makeAzureOpenAi,
  anthropic: makeAnthropic,
  gemini: makeGemini,
  vertex: makeVertex,
  bedrock: makeBedrock,
  cohere: makeCohere,
  mistral: makeMistral,
  ollama: makeOllama,
};
