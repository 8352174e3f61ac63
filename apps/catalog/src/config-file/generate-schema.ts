// Writes docs/tollgate.schema.json. Runs from this app's folder: npm run generate
import { writeFileSync } from 'node:fs';
import { configJsonSchema } from './config-json-schema.js';

writeFileSync('../../docs/tollgate.schema.json', configJsonSchema());
