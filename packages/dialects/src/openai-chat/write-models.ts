import { encodeJson } from '@tollgate/kernel';

export interface ListedModel {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly ownedBy: string;
}

const entry = (model: ListedModel) => ({ id: model.id, object: 'model', created: model.created, owned_by: model.ownedBy });

/** The answer to `GET /v1/models` (https://platform.openai.com/docs/api-reference/models/list). */
export const writeModels = (models: readonly ListedModel[]): Uint8Array =>
  encodeJson({ object: 'list', data: models.map(entry) });

/** The answer to `GET /v1/models/{id}`. */
export const writeModel = (model: ListedModel): Uint8Array => encodeJson(entry(model));
