import type { UpstreamCall } from '@tollgate/contracts';
import { decodeUtf8 } from '@tollgate/kernel';
import { concreteModel } from '@tollgate/policy';
import type { Target } from '../snapshot/target.js';

/** The name under which the upstream is asked. Throws `RangeError` where the spans do not fit. */
export function sentModel(call: UpstreamCall, target: Target, body: Uint8Array): string {
  if (target.upstreamModel !== null) return target.upstreamModel;
  if (call.model !== undefined) return concreteModel('*', target.provider, call.model);
  const [start, end] = call.spans.model;
  const model: unknown = JSON.parse(decodeUtf8(body.subarray(start, end)));
  if (typeof model !== 'string') throw new RangeError('The span of the model holds no string.');
  return concreteModel('*', target.provider, model);
}
