import { encodeJson } from '@tollgate/kernel';
import type { ListedModel } from '../openai-chat/write-models.js';

const METHODS = ['generateContent', 'streamGenerateContent'] as const;

const entry = ({ id }: ListedModel) => ({ name: `models/${id}`, displayName: id, supportedGenerationMethods: METHODS });

/** The answer to Gemini's `GET /v1beta/models` (https://ai.google.dev/api/models), all of them on one page. */
export const writeContentModels = (models: readonly ListedModel[]): Uint8Array => encodeJson({ models: models.map(entry) });

export const writeContentModel = (model: ListedModel): Uint8Array => encodeJson(entry(model));
