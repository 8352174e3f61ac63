import type { UpstreamEnd, UpstreamHead } from '@tollgate/contracts';
import { concatBytes, decodeJson } from '@tollgate/kernel';
import { priceUsage } from '@tollgate/policy';
import { answerHeaders, headerText, pushUpstreamHeaders, round } from './answer-headers.js';
import type { Attempt, Call, CallSteps } from './call.js';
import { failAttempt } from './fail-attempt.js';
import { ANSWERED, noteAnswering, noteEnd } from './note-health.js';
import { passOn } from './pass-on.js';
import { sendAnswer } from './send-answer.js';
import { settle } from './settle.js';
import { endChunks, takeOverChunks } from './write-chunk.js';

/** A whole answer up to here leaves in one piece, with its price in the headers; a longer one begins to flow. */
const KEPT_BYTES_MAX = 64 * 1024;
const LINE_FEED = 0x0a;

function onHead(call: Call, attempt: Attempt, meta: Uint8Array): void {
  // Our own adapter's word, read once per call: its fields are trusted, its shape is the contract's.
  const head = decodeJson(meta) as UpstreamHead;
  const { row } = attempt;
  row.status = head.status;
  row.firstByteMs = round(head.firstByteMs);
  row.upstreamRequestId = head.upstreamRequestId;
  noteAnswering(call, head.firstByteMs);
  attempt.contentType = head.contentType;
  if (head.dropped !== undefined) attempt.dropped = head.dropped.join(', ');
  call.firstByteMs = round(call.elapsedMs());
  if (call.stream) sendHead(call, attempt, head.status, head.firstByteMs);
}

/** From here on there is no other attempt: the caller has our status. */
function sendHead(call: Call, attempt: Attempt, status: number, upstreamMs: number): void {
  const headers = answerHeaders(call);
  headers.push('content-type', attempt.contentType);
  if (attempt.dropped !== '') headers.push('x-tollgate-dropped', headerText(attempt.dropped));
  if (call.stream) headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no');
  pushUpstreamHeaders(call, headers, upstreamMs);
  call.headSent = true;
  call.statusSent = status;
  if (call.response.destroyed) return;
  call.response.writeHead(status, headers);
  takeOverChunks(call);
}

function onData(call: Call, attempt: Attempt, chunk: Uint8Array): void {
  if (!call.headSent) {
    attempt.kept.push(chunk);
    attempt.keptBytes += chunk.length;
    if (attempt.keptBytes > KEPT_BYTES_MAX) {
      sendHead(call, attempt, attempt.row.status ?? 200, call.elapsedMs());
      for (const kept of attempt.kept.splice(0)) passOn(call, kept);
    }
    return;
  }
  if (call.stream) attempt.frames += countEvents(chunk);
  // A caller who has seen the last event takes the call for complete: by then its settlement must be on file.
  if (call.ingress.isLast(chunk) && attempt.last === null) attempt.last = chunk;
  else {
    if (attempt.last !== null) passOn(call, attempt.last);
    attempt.last = null;
    passOn(call, chunk);
  }
}

function countEvents(chunk: Uint8Array): number {
  let events = 0;
  for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) {
    if (chunk[at + 1] === LINE_FEED) events += 1;
  }
  return events;
}

function onEnd(call: Call, attempt: Attempt, meta: Uint8Array): void {
  const end = decodeJson(meta) as UpstreamEnd;
  const { row } = attempt;
  attempt.over = true;
  noteEnd(call, ANSWERED);
  row.usage = end.usage;
  row.basis = end.basis;
  row.durationMs = round(end.durationMs);
  row.cost = priceUsage(row.price, end.usage);
  if (row.price === null) call.gate.metrics.unpriced.add({ provider: row.provider });
  if (call.headSent) {
    if (attempt.last !== null) call.responseBytes += attempt.last.length;
    settle(call, 'succeeded', finishStream);
    return;
  }
  const body = concatBytes(attempt.kept);
  const headers = answerHeaders(call);
  headers.push('content-type', attempt.contentType);
  if (attempt.dropped !== '') headers.push('x-tollgate-dropped', headerText(attempt.dropped));
  pushUpstreamHeaders(call, headers, call.attempts.length === 1 ? end.durationMs : sumMs(call));
  if (row.cost !== null) headers.push('x-tollgate-cost', `${row.cost.amount} ${row.cost.currency}`);
  call.lastHead = headers;
  call.lastBytes = body;
  call.responseBytes = body.length;
  call.statusSent = row.status ?? 200;
  settle(call, 'succeeded', finishWhole);
}

const sumMs = (call: Call): number => call.attempts.reduce((sum, row) => sum + row.durationMs, 0);

function finishWhole(call: Call): void {
  call.headSent = true;
  const body = call.lastBytes ?? new Uint8Array(0);
  sendAnswer(call.request, call.response, { status: call.statusSent, headers: call.lastHead ?? [], body });
}

function finishStream(call: Call): void {
  if (!call.response.destroyed) endChunks(call, call.attempt?.last ?? null);
}

export const ANSWER_STEPS: CallSteps = { onHead, onData, onEnd, onError: failAttempt };
