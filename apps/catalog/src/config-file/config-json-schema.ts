import { PROVIDER_NAMES } from '@tollgate/providers';
import { z } from 'zod';
import { ConfigFileSchema } from './schema.js';

/** Text of docs/tollgate.schema.json, for editors: `# yaml-language-server: $schema=...`. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(ConfigFileSchema, { io: 'input', target: 'draft-2020-12' });
  const providers = (schema.properties as Record<string, Record<string, unknown>>)['providers'] as Record<string, unknown>;
  // The names that need no base URL are offered by editors; any other that fits is as good.
  providers['propertyNames'] = { anyOf: [{ enum: PROVIDER_NAMES }, providers['propertyNames']] };
  return `${JSON.stringify({ title: 'tollgate.yaml', ...schema }, null, 2)}\n`;
}
