import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelInfo } from '@pydantic/genai-prices';

/** What is kept of a row of the price table. */
export type TableModel = Pick<ModelInfo, 'id' | 'name' | 'match' | 'context_window' | 'deprecated' | 'prices'>;

export interface VendorTable {
  /** `genai-prices@<version>` */
  readonly source: string;
  readonly models: readonly TableModel[];
}

/** The folder of the generated files, beside `src` and `dist` alike. */
const FOLDER = new URL('../../data/prices/', import.meta.url);

export const vendorTableUrl = (pricesId: string): URL => new URL(`${pricesId}.gen.json`, FOLDER);

/** Of the operator; set once, at the start. */
let ownFolder: string | null = null;

/** From now on a table `<vendor>.json` in that folder goes before the one that came with us. null = none does. */
export function preferTablesOf(folder: string | null): void {
  ownFolder = folder;
}

/**
 * The rows of one vendor, or null where there is no table for it. Read anew each time and not kept: the package as a module
 * would hold 20 MB for the life of the process, for something that is needed for a moment every hour.
 */
export async function readVendorTable(pricesId: string): Promise<VendorTable | null> {
  const own = ownFolder === null ? null : await readTable(join(ownFolder, `${pricesId}.json`));
  return own ?? (await readTable(vendorTableUrl(pricesId)));
}

async function readTable(place: string | URL): Promise<VendorTable | null> {
  try {
    return JSON.parse(await readFile(place, 'utf8')) as VendorTable;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
