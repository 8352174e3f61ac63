import type { Span } from '@tollgate/contracts';
import { fail, ok, type Result } from '@tollgate/kernel';
import { JsonScanner } from '../json-scan/json-scanner.js';
import { JsonScanPlan } from '../json-scan/plan.js';

export interface IncludeUsage {
  readonly asked: boolean;
  /** Where the value of `include_usage` stands, relative to the bytes given; null = absent. */
  readonly span: Span | null;
  /** Just after the opening brace. */
  readonly insertAt: number;
  /** The object has no members at all. */
  readonly empty: boolean;
}

const plan = new JsonScanPlan({ members: [{ name: 'include_usage', keepMax: 0 }] });

/** Reads the one member of `stream_options` that matters to us; the error is public. */
export function readIncludeUsage(streamOptions: Uint8Array): Result<IncludeUsage, string> {
  const scanner = new JsonScanner(plan);
  const error = scanner.push(streamOptions) ?? scanner.finish();
  if (error !== null) return fail(`"stream_options" is not usable: ${error.message}`);
  const member = scanner.at(0);
  if (member === undefined) {
    return ok({ asked: false, span: null, insertAt: scanner.insertAt, empty: isEmptyObject(streamOptions, scanner.insertAt) });
  }
  if (member.kind !== 'true' && member.kind !== 'false' && member.kind !== 'null') {
    return fail('"stream_options.include_usage" must be true or false.');
  }
  return ok({ asked: member.kind === 'true', span: [member.start, member.end], insertAt: scanner.insertAt, empty: false });
}

/** Nothing but white space between the braces. */
function isEmptyObject(bytes: Uint8Array, from: number): boolean {
  for (let i = from; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    if (byte > 0x20) return byte === 0x7d;
  }
  return true;
}
