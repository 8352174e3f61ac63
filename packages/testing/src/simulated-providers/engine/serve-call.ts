import type { ServerResponse } from 'node:http';
import type { ArmedFaults } from '../faults/armed-faults.js';
import { type Fault, waitOfPercentile } from '../faults/fault.js';
import { playScript, type Wait } from '../faults/play-script.js';
import { type Script, scriptOfStream, scriptOfWhole } from '../faults/script.js';
import { decideReply } from '../meaning/decide-reply.js';
import type { ProviderEntry } from './entry.js';
import { Refusal, refusalOfStatus } from './refusal.js';
import { type Call, type ChatFormat, JSON_TYPE, type Vendor } from './vendor.js';

/** One call on its way: whom it is for, what is kept of it and where the answer goes. */
export interface Exchange {
  readonly vendor: Vendor;
  readonly call: Call;
  readonly entry: ProviderEntry;
  readonly response: ServerResponse;
  readonly faults: ArmedFaults;
  readonly wait: Wait;
}

/** Answers one call as the vendor would, or as the fault of the moment has it. */
export function serveCall(exchange: Exchange): void {
  try {
    answer(exchange);
  } catch (error) {
    if (error instanceof Refusal) {
      writeRefusal(exchange, error);
      return;
    }
    // A mistake of the simulation itself: seen by the caller and in the ledger, no reason to end the process.
    exchange.entry.refusal = error instanceof Error ? (error.stack ?? error.message) : String(error);
    exchange.response.writeHead(599, { 'content-type': 'text/plain' });
    exchange.response.end(`The simulation failed: ${exchange.entry.refusal}`);
  }
}

function answer(exchange: Exchange): void {
  const { vendor, call, entry } = exchange;
  if (call.bytes.length > (vendor.bodyBytesMax ?? Number.POSITIVE_INFINITY)) {
    throw new Refusal('too_large', 'Request exceeds the maximum size');
  }
  vendor.authorize(call);
  const action = vendor.route(call);
  if (action === null) throw new Refusal('not_found', 'Not Found');
  if (action.kind === 'chat') {
    answerChat(exchange, action.format);
    return;
  }
  const result = action.run(call);
  entry.model = result.model ?? '';
  entry.usage = { ...entry.usage, fresh: result.promptTokens };
  const fault = nextFault(exchange);
  writeBody(exchange, fault, JSON_TYPE, scriptOfWhole(JSON.stringify(result.body), fault));
}

function answerChat(exchange: Exchange, format: ChatFormat): void {
  const { call, entry } = exchange;
  const ask = format.read(call);
  entry.model = ask.model;
  entry.stream = ask.stream;
  entry.user = ask.user;
  const fault = nextFault(exchange);
  const reply = decideReply(ask);
  entry.usage = reply.buckets;
  const said = { call, ask, reply };
  const overloaded = new Refusal('overloaded', 'Overloaded');
  if (!ask.stream) {
    if (fault.kind === 'overload') throw overloaded;
    writeBody(exchange, fault, JSON_TYPE, scriptOfWhole(JSON.stringify(format.writeWhole(said)), fault));
    return;
  }
  const odd = {
    error: () => format.writeErrorFrame(overloaded, call),
    malformed: format.malformedFrame,
  };
  writeBody(exchange, fault, format.streamType(call), scriptOfStream(format.writeFrames(said), fault, odd));
}

/** Faults that need no answer are done with here. */
function nextFault(exchange: Exchange): Fault {
  const { entry, faults, vendor } = exchange;
  const fault = faults.next(vendor.name, entry.model);
  if (fault.kind === 'status') throw refusalOfStatus(fault.status, fault.retryAfterMs);
  if (fault.kind === 'context-window' || fault.kind === 'quota' || fault.kind === 'content-policy') {
    const trouble = vendor.troubles[fault.kind];
    if (trouble === undefined) throw new Error(`${vendor.name} has no answer to ${fault.kind}`);
    throw trouble(exchange.call);
  }
  return fault;
}

function writeRefusal(exchange: Exchange, refusal: Refusal): void {
  const { vendor, call, entry, response } = exchange;
  const answered = vendor.writeRefusal(refusal, call);
  entry.status = answered.status;
  entry.state = 'refused';
  entry.refusal = refusal.message;
  entry.usage = { fresh: 0, cacheRead: 0, cacheWritten: 0, answer: 0, reasoning: 0 };
  response.writeHead(answered.status, { ...answered.headers, 'content-length': Buffer.byteLength(answered.body) });
  response.end(answered.body);
}

function writeBody(exchange: Exchange, fault: Fault, type: string, script: Script): void {
  const { vendor, call, entry, response, wait } = exchange;
  const head = (contentType: string, whole: Script): void => {
    entry.status = 200;
    const [only] = whole.steps;
    const fixed = whole.steps.length === 1 && whole.ending === 'end' && only !== undefined && type === JSON_TYPE;
    response.writeHead(200, {
      ...vendor.headers(call),
      'content-type': contentType,
      ...(fixed ? { 'content-length': Buffer.byteLength(only.bytes) } : {}),
    });
    playScript(whole, entry, response, wait);
  };
  switch (fault.kind) {
    case 'silent':
      return;
    case 'redirect':
      entry.status = 302;
      entry.state = 'refused';
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' });
      response.end();
      return;
    case 'empty':
      head(type, { steps: [], ending: 'end' });
      return;
    case 'html':
      head('text/html', scriptOfWhole('<!doctype html><title>Welcome</title><h1>Simulated portal</h1>', fault));
      return;
    case 'wrong-type':
      head('text/plain; charset=utf-8', script);
      return;
    case 'slow':
    case 'latency': {
      const first = fault.kind === 'slow' ? fault.firstByteMs : waitOfPercentile(fault, entry.number);
      const cancel = wait(first, () => head(type, script));
      response.on('close', cancel);
      return;
    }
    default:
      head(type, script);
  }
}
