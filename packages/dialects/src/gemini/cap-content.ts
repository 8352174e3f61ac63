import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { JsonScanner } from '../json-scan/json-scanner.js';
import { JsonScanPlan } from '../json-scan/plan.js';
import { CONFIG_BYTES_MAX, CONFIG_NAMES } from './peek.js';

const PLAN = new JsonScanPlan({ members: CONFIG_NAMES.map((name) => ({ name, keepMax: CONFIG_BYTES_MAX })), strict: false });

/**
 * The request with `generationConfig.maxOutputTokens` of at most `cap`, as pieces to be sent one after the other; a smaller one of
 * the caller's stays. What stands outside of `generationConfig` is the caller's own bytes. Throws `RangeError` where the body is no
 * request.
 */
export function capContent(body: Uint8Array, cap: number): Uint8Array[] {
  const scanner = new JsonScanner(PLAN);
  if (scanner.push(body) !== null || scanner.finish() !== null) throw new RangeError('The body is no JSON object.');
  const found = scanner.at(0) ?? scanner.at(1);
  // A request has contents: there is always a member behind what is put in.
  const [start, end] = found === undefined ? [scanner.insertAt, scanner.insertAt] : [found.start, found.end];
  if (found?.bytes === null) throw new RangeError('generationConfig is too long.');
  const config = cappedConfig(found === undefined ? null : (JSON.parse(decodeUtf8(found.bytes)) as JsonValue), cap);
  const text = found === undefined ? `"generationConfig":${config},` : config;
  return [body.subarray(0, start), encodeUtf8(text), body.subarray(end)];
}

function cappedConfig(value: JsonValue, cap: number): string {
  const { max_output_tokens: snake, ...fields }: JsonObject = isObject(value) ? value : {};
  const asked = fields['maxOutputTokens'] ?? snake;
  return JSON.stringify({ ...fields, maxOutputTokens: typeof asked === 'number' && asked <= cap ? asked : cap });
}
