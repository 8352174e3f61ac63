// Writes registry.gen.ts, docs/providers.md and the variables in docker/compose.yaml. Runs from this package's folder: npm run generate
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { renderCompose } from './generate-compose.js';
import { renderDocs } from './generate-docs.js';
import { renderRegistry } from './generate-registry.js';
import type { ProviderRow } from './provider-row.js';

const folders = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(`src/${entry.name}/provider.ts`))
  .map((entry) => entry.name)
  .sort();
const tables = readdirSync('src/compatible')
  .flatMap((name) => /^(.+)\.rows\.ts$/.exec(name)?.[1] ?? [])
  .sort();
// One by one and not through the registry, which may not know a new one yet.
const native: ProviderRow[] = await Promise.all(folders.map(async (name) => (await import(`./${name}/provider.js`)).provider));
const compatible: ProviderRow[][] = await Promise.all(
  tables.map(async (name) => (await import(`./compatible/${name}.rows.js`)).rows),
);
const rows = [...native, ...compatible.flat()];
writeFileSync('src/registry.gen.ts', renderRegistry({ tables, folders, names: rows.map((row) => row.name) }));
writeFileSync('../../docs/providers.md', renderDocs(rows));
const compose = '../../docker/compose.yaml';
writeFileSync(compose, renderCompose(readFileSync(compose, 'utf8'), rows));
