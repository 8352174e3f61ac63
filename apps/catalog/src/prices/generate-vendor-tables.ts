// Writes data/prices/*.gen.json. Runs from this app's folder: npm run generate
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { findProvider } from '@pydantic/genai-prices';
import { PROVIDERS } from '@tollgate/providers';
import { vendorTableUrl } from './vendor-table.js';
import { writeVendorTable } from './write-vendor-table.js';

/** Beside the folder of the entry: the package does not export its own manifest. */
const manifest = new URL('../package.json', import.meta.resolve('@pydantic/genai-prices'));
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

const folder = new URL('.', vendorTableUrl('any'));
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(new URL(name, folder));
for (const pricesId of new Set(PROVIDERS.flatMap((row) => row.pricesId ?? []))) {
  const provider = findProvider({ providerId: pricesId });
  if (provider === undefined) throw new Error(`the price table has no vendor ${pricesId}`);
  writeFileSync(vendorTableUrl(pricesId), writeVendorTable(provider, version));
}
