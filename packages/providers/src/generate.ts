// Writes registry.gen.ts and docs/providers.md. Runs from this package's folder: npm run generate
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { COMPATIBLE_PROVIDERS } from './compatible.js';
import { renderDocs, renderRegistry } from './generate-registry.js';

const folders = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(`src/${entry.name}/provider.ts`))
  .map((entry) => entry.name);
writeFileSync('src/registry.gen.ts', renderRegistry(COMPATIBLE_PROVIDERS, folders));
// Built before the new registry is read, so a new folder shows in the table only after a second build: import it by hand.
const native = await Promise.all(folders.sort().map((folder) => import(`./${folder}/provider.js`)));
writeFileSync('../../docs/providers.md', renderDocs([...COMPATIBLE_PROVIDERS, ...native.map((module) => module.provider)]));
