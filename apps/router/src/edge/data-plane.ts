import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '@tollgate/kernel';
import { tokenInQuery } from '@tollgate/policy';
import type { Gate } from './call.js';
import { INGRESSES } from './doors/doors.js';
import { explainPath } from './doors/explain-path.js';
import { CHAT_COMPLETIONS, type Ingress } from './ingress.js';
import { listModels } from './list-models.js';
import { newCall, openCall } from './open-call.js';
import { refuseWith } from './refuse.js';
import { sightUrl } from './sight.js';

const MODELS = '/v1/models';

/** The router's paths on the process's own HTTP server; false for what is not below /v1. */
export function createDataPlane(gate: Gate): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const url = request.url ?? '/';
    const ingress = INGRESSES.get(url);
    if (ingress !== undefined && request.method === 'POST') {
      openCall(gate, ingress, request, response);
      return true;
    }
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    if (path !== '/v1' && !path.startsWith('/v1/') && !path.startsWith('/anthropic/')) return false;
    sightUrl(gate, request);
    if (question >= 0 && tokenInQuery(url, gate.brand) !== null) {
      turnAway(
        gate,
        INGRESSES.get(path) ?? CHAT_COMPLETIONS,
        request,
        response,
        'token_in_query',
        'A token in the URL is refused: send it in the Authorization header, and rotate it.',
      );
    } else dispatch(gate, request, response, path);
    return true;
  };
}

function dispatch(gate: Gate, request: IncomingMessage, response: ServerResponse, path: string): void {
  const { method } = request;
  const ingress = INGRESSES.get(path);
  if (ingress !== undefined) {
    if (method === 'POST') openCall(gate, ingress, request, response);
    else turnAway(gate, ingress, request, response, 'method_not_allowed', `${path} takes POST.`, 'POST');
  } else if (path === MODELS || path.startsWith(`${MODELS}/`)) {
    const name = path === MODELS ? null : decode(path.slice(MODELS.length + 1));
    if (method === 'GET' || method === 'HEAD') listModels(gate, request, response, name);
    else turnAway(gate, CHAT_COMPLETIONS, request, response, 'method_not_allowed', `${MODELS} takes GET.`, 'GET');
  } else turnAway(gate, CHAT_COMPLETIONS, request, response, 'route_not_found', explainPath(path));
}

function turnAway(
  gate: Gate,
  ingress: Ingress,
  request: IncomingMessage,
  response: ServerResponse,
  code: ErrorCode,
  message: string,
  allow?: string,
): void {
  if (allow !== undefined) response.setHeader('allow', allow);
  refuseWith(newCall(gate, ingress, request, response), code, message);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
