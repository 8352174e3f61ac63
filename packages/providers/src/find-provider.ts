import type { ProviderRow } from './provider-row.js';
import { PROVIDERS } from './registry.gen.js';

const byName = new Map(PROVIDERS.map((row) => [row.name, row]));

export const findProvider = (name: string): ProviderRow | undefined => byName.get(name);
