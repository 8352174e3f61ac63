// Writes the folder of a new native vendor: npm run new -- <name>. A vendor that speaks OpenAI's dialects needs a row and no folder.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { renderNewProvider } from './render-new-provider.js';

const name = process.argv[2] ?? '';
const folder = `src/${name}`;
if (!/^[a-z][a-z0-9-]{1,40}$/.test(name))
  throw new Error('say its name in lower-case letters, digits and dashes: npm run new -- my-vendor');
if (existsSync(folder)) throw new Error(`${folder} is there already`);
mkdirSync(folder);
for (const [file, text] of Object.entries(renderNewProvider(name))) writeFileSync(`${folder}/${file}`, text);
process.stdout.write(`${folder}: fill in what its documentation says, then npm run generate\n`);
