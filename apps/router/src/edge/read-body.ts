import type { IncomingMessage } from 'node:http';
import type { Peek } from '@tollgate/dialects';
import { concatBytes, EMPTY_BYTES, TollgateError } from '@tollgate/kernel';
import { admit } from './admit.js';
import { type Call, callOf } from './call.js';
import { checkInputCap } from './check-access.js';
import { holdsToken, withoutToken } from './redact-token.js';
import { refuse, refuseWith } from './refuse.js';
import { guardBody, sightModel } from './sight.js';

/** What a token takes at least on average; a tokenizer has no place here. */
const BYTES_PER_TOKEN = 4;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Step 3: the body as bytes, looked into while it arrives, so that a hopeless one is refused early. */
export function readBody(call: Call): void {
  const { headers } = call.request;
  const type = headers['content-type'];
  if (type !== 'application/json' && !JSON_TYPE.test(type ?? '')) {
    refuseWith(call, 'unsupported_media_type', 'Send the body with content-type: application/json.');
    return;
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    refuseWith(call, 'unsupported_media_type', 'Compressed bodies are not accepted: send it without content-encoding.');
    return;
  }
  const length = headers['content-length'];
  if (length !== undefined && Number(length) > call.bodyBytesMax) {
    refuse(call, tooLarge(call));
    return;
  }
  call.phase = 'reading';
  call.reader = call.ingress.createReader(call.hints);
  call.request.on('data', onData);
  call.request.on('end', onEnd);
}

const tooLarge = (call: Call): TollgateError =>
  new TollgateError(
    'body_too_large',
    `The body is larger than the ${call.bodyBytesMax} bytes that ${call.bodyBytesMax < call.gate.config.bodyBytesMax ? 'this token may send' : 'are accepted'}.`,
  );

function onData(this: IncomingMessage, chunk: Uint8Array): void {
  const call = callOf(this);
  if (call.phase !== 'reading' || call.reader === null) return;
  call.bodyBytes += chunk.length;
  call.movedAt = call.gate.clock.monotonic();
  if (call.bodyBytes > call.bodyBytesMax) {
    drop(call);
    refuse(call, tooLarge(call));
    return;
  }
  const failure = call.reader.push(chunk);
  if (failure === null) call.chunks.push(chunk);
  else {
    drop(call);
    refuseWith(call, failure.code, failure.message, failure.param ?? undefined);
  }
}

function onEnd(this: IncomingMessage): void {
  const call = callOf(this);
  if (call.phase !== 'reading' || call.reader === null) return;
  const peek = call.reader.finish();
  call.reader = null;
  if (!peek.ok) {
    drop(call);
    refuseWith(call, peek.error.code, peek.error.message, peek.error.param ?? undefined);
    return;
  }
  call.body = concatBytes(call.chunks);
  call.chunks = [];
  call.peek = peek.value;
  if (holdsToken(peek.value.model)) refuseToken(call, peek.value);
  else if (guardBody(call) && checkInputCap(call, Math.ceil(call.bodyBytes / BYTES_PER_TOKEN))) admit(call);
}

/** Nothing of it may go on: to the error, the usage record, a span, or by a wildcard to a provider. */
function refuseToken(call: Call, peek: Peek): void {
  drop(call);
  sightModel(call, peek.model);
  call.peek = { ...peek, model: withoutToken(peek.model) };
  call.body = EMPTY_BYTES;
  refuseWith(call, 'invalid_request', '"model" holds an API token: name a model, and rotate that token.', 'model');
}

function drop(call: Call): void {
  call.chunks = [];
  call.reader = null;
}
