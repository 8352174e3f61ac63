import { encodeJson } from '@tollgate/kernel';
import type { ListedModel } from '../openai-chat/write-models.js';

const entry = ({ id, created }: ListedModel) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: new Date(created * 1000).toISOString(),
});

/** The answer to Anthropic's `GET /v1/models` (https://platform.claude.com/docs/en/api/models-list), all of them on one page. */
export const writeAnthropicModels = (models: readonly ListedModel[]): Uint8Array =>
  encodeJson({
    data: models.map(entry),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models[models.length - 1]?.id ?? null,
  });

export const writeAnthropicModel = (model: ListedModel): Uint8Array => encodeJson(entry(model));
