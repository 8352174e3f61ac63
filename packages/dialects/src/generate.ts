// Writes docs/dialects.md. Runs from this package's folder: npm run generate
import { writeFileSync } from 'node:fs';
import { renderSupportTable } from './conformance/support-table.js';

writeFileSync('../../docs/dialects.md', renderSupportTable());
