import { findProvider } from '@tollgate/providers';
import type { ModelSpec } from '../store/put-provider.js';
import { knownModels } from './known-models.js';

/** The known models of a provider by its name: a table may hold those of several rows, of which each takes its own. */
export const modelsOfVendor = (name: string, pricesId: string | null, now: Date): Promise<ModelSpec[]> =>
  knownModels(pricesId, now, findProvider(name)?.pricedModels);
