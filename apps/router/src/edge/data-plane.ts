import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '@tollgate/kernel';
import { tokenInQuery } from '@tollgate/policy';
import type { Gate } from './call.js';
import { findContentDoor, GENERATE_CONTENT, isContentPath, wantsEvents } from './doors/content.js';
import { INGRESSES } from './doors/doors.js';
import { explainPath } from './doors/explain-path.js';
import { CHAT_COMPLETIONS, type Ingress } from './ingress.js';
import { listModels } from './list-models.js';
import { newCall, openCall } from './open-call.js';
import { refuseWith } from './refuse.js';
import { sightUrl } from './sight.js';

/** The lists of models, by dialect. */
const LISTS = ['/v1/models', '/v1beta/models', '/gemini/v1beta/models', '/anthropic/v1/models'] as const;
const PREFIXES = ['/v1/', '/v1beta/', '/anthropic/', '/gemini/'] as const;

/** The router's paths on the process's own HTTP server; false for what is not below one of its prefixes. */
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
    if (path !== '/v1' && !PREFIXES.some((prefix) => path.startsWith(prefix))) return false;
    sightUrl(gate, request);
    if (question >= 0 && tokenInQuery(url, gate.brand) !== null) {
      const message = 'A token in the URL is refused: send it in the Authorization header, and rotate it.';
      turnAway(gate, envelopeOf(path), request, response, 'token_in_query', message);
    } else dispatch(gate, request, response, path);
    return true;
  };
}

/** Whose errors are written at a path that is no door, or not for that method. */
const envelopeOf = (path: string): Ingress => INGRESSES.get(path) ?? (isContentPath(path) ? GENERATE_CONTENT : CHAT_COMPLETIONS);

function dispatch(gate: Gate, request: IncomingMessage, response: ServerResponse, path: string): void {
  const { method } = request;
  const content = findContentDoor(path);
  const ingress = content?.ingress ?? INGRESSES.get(path);
  const list = LISTS.find((each) => path === each || path.startsWith(`${each}/`));
  if (ingress !== undefined) {
    if (method !== 'POST')
      turnAway(gate, ingress, request, response, 'method_not_allowed', `${ingress.path} takes POST.`, 'POST');
    else if (content?.hints.stream === true && !wantsEvents(request.url ?? '')) {
      turnAway(gate, ingress, request, response, 'invalid_request', 'Streams are served as server-sent events: add ?alt=sse.');
    } else openCall(gate, ingress, request, response, content?.hints);
  } else if (list !== undefined) {
    const name = path === list ? null : decode(path.slice(list.length + 1));
    if (method === 'GET' || method === 'HEAD') listModels(gate, request, response, { name, path });
    else turnAway(gate, envelopeOf(path), request, response, 'method_not_allowed', `${list} takes GET.`, 'GET');
  } else turnAway(gate, envelopeOf(path), request, response, 'route_not_found', explainPath(path));
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
