import type { EditableSpans, Span } from '@tollgate/contracts';
import { encodeUtf8 } from '@tollgate/kernel';
import { readIncludeUsage } from './stream-options.js';

/** Of chats two, by vendor; the last is that of responses. */
export type MaxOutputField = 'max_tokens' | 'max_completion_tokens' | 'max_output_tokens';

export interface RequestEdits {
  /** The upstream's own name of the model. */
  readonly model?: string;
  /** Upper bound of the output; a smaller one of the caller's stays. */
  readonly maxOutputTokens?: number;
  /** The field that is put in where the caller gave neither; some upstreams know only one of them. */
  readonly maxOutputField?: MaxOutputField;
  /** True for a stream of which we want the usage. */
  readonly includeUsage?: boolean;
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The body with its edits, as pieces to be sent one after the other: every byte that is not edited is the caller's own.
 * A body that needs no edit comes back as itself. Throws `RangeError` where the spans do not fit the body.
 */
export function editRequest(body: Uint8Array, spans: EditableSpans, edits: RequestEdits): Uint8Array[] {
  const splices: Splice[] = [];
  let inserted = '';
  if (edits.model !== undefined) {
    const text = JSON.stringify(edits.model);
    if (!holds(body, spans.model, text)) splices.push(splice(spans.model, text));
  }
  if (edits.maxOutputTokens !== undefined) {
    const field = edits.maxOutputField ?? 'max_tokens';
    const capped = capTokens(body, spans, edits.maxOutputTokens, field, splices);
    if (!capped) inserted += `"${field}":${edits.maxOutputTokens},`;
  }
  if (edits.includeUsage === true) {
    if (spans.streamOptions === null) inserted += '"stream_options":{"include_usage":true},';
    else includeUsage(body, spans.streamOptions, splices);
  }
  if (inserted !== '') splices.push({ start: spans.insertAt, end: spans.insertAt, text: inserted });
  return apply(body, splices);
}

/** True where the bound is in place; false where a field has to be put in. */
function capTokens(body: Uint8Array, spans: EditableSpans, cap: number, field: MaxOutputField, splices: Splice[]): boolean {
  let bounded = false;
  for (const span of [spans.maxTokens, spans.maxCompletionTokens]) {
    if (span === null) continue;
    const given = latin1(body, span);
    if (given === 'null') continue;
    bounded = true;
    if (Number(given) > cap) splices.push(splice(span, String(cap)));
  }
  if (bounded) return true;
  // A null that stands where the bound belongs is filled in place, so that no name stands twice.
  const empty = field === 'max_completion_tokens' ? spans.maxCompletionTokens : spans.maxTokens;
  if (empty === null) return false;
  splices.push(splice(empty, String(cap)));
  return true;
}

function includeUsage(body: Uint8Array, span: Span, splices: Splice[]): void {
  if (latin1(body, span) === 'null') {
    splices.push(splice(span, '{"include_usage":true}'));
    return;
  }
  const found = readIncludeUsage(body.subarray(span[0], span[1]));
  if (!found.ok) throw new RangeError(found.error);
  const { asked, span: inner, insertAt, empty } = found.value;
  if (asked) return;
  const at = span[0] + insertAt;
  if (inner === null) splices.push({ start: at, end: at, text: `"include_usage":true${empty ? '' : ','}` });
  else splices.push({ start: span[0] + inner[0], end: span[0] + inner[1], text: 'true' });
}

function apply(body: Uint8Array, splices: Splice[]): Uint8Array[] {
  if (splices.length === 0) return [body];
  splices.sort((a, b) => a.start - b.start);
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (const { start, end, text } of splices) {
    if (start < from || end < start || end > body.length) throw new RangeError('The spans of the request do not fit its body.');
    if (start > from) pieces.push(body.subarray(from, start));
    pieces.push(encodeUtf8(text));
    from = end;
  }
  if (from < body.length) pieces.push(body.subarray(from));
  return pieces;
}

const splice = (span: Span, text: string): Splice => ({ start: span[0], end: span[1], text });

function holds(body: Uint8Array, [start, end]: Span, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i += 1) if (body[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

function latin1(body: Uint8Array, [start, end]: Span): string {
  let text = '';
  for (let i = start; i < end && i < start + 32; i += 1) text += String.fromCharCode(body[i] ?? 0);
  return text;
}
