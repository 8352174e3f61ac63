import type { IncomingHttpHeaders } from 'node:http';
import {
  type ListedModel,
  writeAnthropicModel,
  writeAnthropicModels,
  writeContentModel,
  writeContentModels,
  writeModel,
  writeModels,
} from '@tollgate/dialects';
import { CHAT_COMPLETIONS, type Ingress, MESSAGES } from '../ingress.js';
import { GENERATE_CONTENT, isContentPath } from './content.js';

/** How a list of models is written, and its errors. */
export interface ModelShape {
  readonly ingress: Ingress;
  writeAll(models: readonly ListedModel[]): Uint8Array;
  writeOne(model: ListedModel): Uint8Array;
}

const OPENAI: ModelShape = { ingress: CHAT_COMPLETIONS, writeAll: writeModels, writeOne: writeModel };
const ANTHROPIC: ModelShape = { ingress: MESSAGES, writeAll: writeAnthropicModels, writeOne: writeAnthropicModel };
const GEMINI: ModelShape = { ingress: GENERATE_CONTENT, writeAll: writeContentModels, writeOne: writeContentModel };

/** By path where the vendors' differ; they share one, and there Anthropic's SDKs name their version and Google's bring the key in a header of its own. */
export function shapeOf(path: string, headers: IncomingHttpHeaders): ModelShape {
  if (isContentPath(path) || headers['x-goog-api-key'] !== undefined) return GEMINI;
  return path.startsWith('/anthropic/') || headers['anthropic-version'] !== undefined ? ANTHROPIC : OPENAI;
}
