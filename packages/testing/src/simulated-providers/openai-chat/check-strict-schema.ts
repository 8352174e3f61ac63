import { isObject, type Json, listOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';

/** Strict schemas close every object and require all of its properties: https://platform.openai.com/docs/guides/structured-outputs */
export function checkStrictSchema(schema: Json, subject: string, param: string, path: readonly string[] = []): void {
  const context = `In context=(${path.map((name) => `'${name}'`).join(', ')})`;
  const fail = (what: string): never =>
    refuse(`Invalid schema for ${subject}: ${context}, ${what}`, { param, code: 'invalid_function_parameters' });
  if (schema.type === 'object') {
    if (schema.additionalProperties !== false) fail("'additionalProperties' is required to be supplied and to be false.");
    const properties = isObject(schema.properties) ? schema.properties : {};
    const missing = Object.keys(properties).find((name) => !listOf(schema.required).includes(name));
    if (missing !== undefined) {
      fail(`'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`);
    }
    for (const [name, inner] of Object.entries(properties)) {
      if (isObject(inner)) checkStrictSchema(inner, subject, param, [...path, 'properties', name]);
    }
  }
  if (isObject(schema.items)) checkStrictSchema(schema.items, subject, param, [...path, 'items']);
}
