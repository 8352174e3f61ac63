import { decodeUtf8 } from '@tollgate/kernel';
import { defaultTarget } from '../canonical/default-target.js';
import type { ReplyContext } from '../canonical/dialect.js';
import { type ReplyFeature, replyOf } from './reply-features.js';
import { type RequestFeature, requestOf } from './request-features.js';
import type { ConformanceRow } from './rows.js';

/** How a feature fared: carried, or dropped under these names; `lost` is what is missing without a word, which is a bug. */
export interface Carried {
  readonly dropped: readonly string[];
  readonly lost: readonly string[];
}

export const REPLY_CONTEXT: ReplyContext = {
  now: 1_700_000_000,
  id: 'made_up_1',
  model: 'a-model',
  includeUsage: true,
  inputTokensEstimate: 1,
};

const judge = (body: string, evidence: readonly string[], dropped: readonly string[]): Carried => ({
  dropped,
  lost: dropped.length > 0 ? [] : evidence.filter((text) => !body.toLowerCase().includes(text.toLowerCase())),
});

/** A call that asks for the feature in the caller's dialect, as the vendor gets it; null where the caller cannot ask for it. */
export function carryRequest(feature: RequestFeature, caller: ConformanceRow, upstream: ConformanceRow): Carried | null {
  if (caller.dialect.caller === null || caller.dialect.upstream === null || upstream.dialect.upstream === null) return null;
  const asked = caller.dialect.upstream.writeRequest(
    requestOf(feature, caller.dialect.name),
    defaultTarget('a-model', caller.target),
  );
  if (asked.dropped.length > 0) return null;
  const read = caller.dialect.caller.readRequest(asked.body, { model: 'a-model', stream: false });
  if (!read.ok) return { dropped: [], lost: [`refused: ${read.error.message}`] };
  const written = upstream.dialect.upstream.writeRequest(read.value, defaultTarget('a-model', upstream.target));
  return judge(decodeUtf8(written.body), feature.evidence, written.dropped);
}

/** An answer with the feature, as the caller gets it. */
export function carryReply(feature: ReplyFeature, caller: ConformanceRow): Carried | null {
  if (caller.dialect.caller === null) return null;
  const written = caller.dialect.caller.writeReply(replyOf(feature), REPLY_CONTEXT);
  return judge(decodeUtf8(written.body), feature.evidence, written.dropped);
}
