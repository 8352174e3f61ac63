import { z } from 'zod';
import { ConfigFileSchema } from './schema.js';

/** Text of docs/tollgate.schema.json, for editors: `# yaml-language-server: $schema=...`. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(ConfigFileSchema, { io: 'input', target: 'draft-2020-12' });
  return `${JSON.stringify({ title: 'tollgate.yaml', ...schema }, null, 2)}\n`;
}
