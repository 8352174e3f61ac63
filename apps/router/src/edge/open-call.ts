import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHints } from '@tollgate/dialects';
import { newId } from '@tollgate/kernel';
import { authenticate } from './authenticate.js';
import type { Gate } from './call.js';
import { attachCall, Call, callOf } from './call.js';
import type { Ingress } from './ingress.js';
import { leave } from './leave.js';
import { passedOn } from './pass-on.js';
import { readBody } from './read-body.js';
import { readCallHeaders } from './read-call-headers.js';
import { refuse, refuseWith } from './refuse.js';

const ignore = (): void => undefined;

/** Step 1: an id, a trace, a deadline, and an ear for the caller's leaving. */
export function openCall(
  gate: Gate,
  ingress: Ingress,
  request: IncomingMessage,
  response: ServerResponse,
  hints?: RequestHints,
): void {
  const call = newCall(gate, ingress, request, response);
  call.hints = hints;
  if (gate.calls.size >= gate.config.callsMax) {
    refuseWith(call, 'overloaded', 'The gateway has too many calls under way. Try again shortly.');
    return;
  }
  gate.calls.add(call);
  response.on('close', onClose);
  response.on('drain', onDrain);
  const problem = readCallHeaders(call);
  authenticate(call, 'llm:chat', (admitted) => {
    if (problem !== null) refuse(admitted, problem);
    else readBody(admitted);
  });
}

/** A call that is not in the list of those under way yet. */
export function newCall(gate: Gate, ingress: Ingress, request: IncomingMessage, response: ServerResponse): Call {
  const { clock, tracer } = gate;
  const traceparent = request.headers['traceparent'];
  const startedAt = clock.now();
  const trace = tracer.start(typeof traceparent === 'string' ? traceparent : null);
  const id = newId('req', startedAt, gate.randomBytes);
  const call = new Call(gate, ingress, request, response, id, trace, startedAt, clock.monotonic());
  attachCall(request, call);
  attachCall(response, call);
  // A write to a connection that has just gone would otherwise end the process.
  response.on('error', ignore);
  return call;
}

function onClose(this: ServerResponse): void {
  const call = callOf(this);
  if (!call.over) leave(call);
}

function onDrain(this: ServerResponse): void {
  passedOn(callOf(this));
}
