import { answerOf } from './answer.js';
import type { Behaviour } from './behaviour.js';
import { delta, type Exchange, event, head } from './write-answer.js';

const ERROR_TYPES: Readonly<Record<number, string>> = {
  401: 'invalid_request_error',
  404: 'invalid_request_error',
  429: 'rate_limit_exceeded',
  503: 'overloaded_error',
  529: 'overloaded_error',
};

export function writeStatus(exchange: Exchange, status: number): void {
  const { entry, response } = exchange;
  entry.status = status;
  entry.state = 'refused';
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-request-id': entry.id,
    ...(status === 429 || status === 529 ? { 'retry-after': '1' } : {}),
  });
  const type = ERROR_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  response.end(JSON.stringify({ error: { message: `Simulated ${status}`, type, param: null, code: `simulated_${status}` } }));
}

type Trouble = Exclude<Behaviour, { kind: 'answer' | 'tools' | 'status' | 'flaky' | 'big' }>;

/** Everything that an upstream can do wrong after it has taken the request. */
export function writeTrouble(exchange: Exchange, behaviour: Trouble): void {
  const { entry, request, response } = exchange;
  const type = request.stream ? 'text/event-stream' : 'application/json';
  switch (behaviour.kind) {
    case 'silent':
      return;
    case 'html':
      head(exchange, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>Welcome</title><h1>Simulated portal</h1>');
      return;
    case 'garbage':
      head(exchange, { 'content-type': type });
      response.end(request.stream ? 'event: nonsense\n\n\u0000\u0001 not a frame\n\n' : '{"id": tru');
      return;
    case 'redirect':
      entry.status = 302;
      entry.state = 'refused';
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data', 'x-request-id': entry.id });
      response.end();
      return;
    case 'error-event': {
      const words = answerOf(request, entry.id, Math.max(behaviour.after, 1)).words;
      entry.usage = { promptTokens: request.promptTokens, cachedTokens: 0, completionTokens: behaviour.after };
      head(exchange, { 'content-type': type });
      const error = { error: { message: 'Simulated overload', type: 'overloaded_error', param: null, code: 'overloaded' } };
      if (!request.stream) {
        response.end(JSON.stringify(error));
        return;
      }
      for (let i = 0; i < behaviour.after; i += 1) {
        response.write(delta(exchange, { content: words[i] }));
        entry.framesSent += 1;
      }
      response.end(event(error));
      return;
    }
    case 'cut':
    case 'half':
      writeBroken(exchange, behaviour.kind, type);
  }
}

function writeBroken(exchange: Exchange, kind: 'cut' | 'half', type: string): void {
  const { entry, request, response } = exchange;
  const answer = answerOf(request, entry.id, 8);
  entry.usage = { ...answer.usage, completionTokens: 3 };
  head(exchange, { 'content-type': type });
  if (request.stream) {
    for (const word of answer.words.slice(0, 3)) {
      response.write(delta(exchange, { content: word }));
      entry.framesSent += 1;
    }
    if (kind === 'half') response.write('data: {"id":"half');
  } else response.write('{"id":"half","object":"chat.compl');
  if (kind === 'half') return;
  entry.state = 'cut';
  // What has been written reaches the reader before the break.
  response.write('', () => response.socket?.destroySoon());
}
