import { ANTHROPIC } from './anthropic-messages/anthropic.js';
import { AZURE_OPENAI } from './azure-openai/azure-openai.js';
import { BEDROCK } from './bedrock-converse/bedrock.js';
import { COHERE } from './cohere-v2/cohere.js';
import type { Vendor } from './engine/vendor.js';
import { GEMINI } from './gemini/gemini.js';
import { MISTRAL } from './mistral/mistral.js';
import { OLLAMA } from './ollama/ollama.js';
import { OPENAI } from './openai/openai.js';
import { VERTEX } from './vertex/vertex.js';
import { VOYAGE } from './voyage/voyage.js';

/** Every provider that is simulated. A new one is a folder and a line here. */
export const SIMULATED_VENDORS: readonly Vendor[] = [
  OPENAI,
  AZURE_OPENAI,
  ANTHROPIC,
  GEMINI,
  VERTEX,
  BEDROCK,
  COHERE,
  MISTRAL,
  OLLAMA,
  VOYAGE,
];
