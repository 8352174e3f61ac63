import type { FailureClass } from '@tollgate/contracts';
import { SIMULATED_KEYS, type Stack, startSimulatedProvidersProcess, startStack, waitFor } from '@tollgate/testing';
import { inLanes } from '../forgery/ask.ts';

/** A model that fails in that way over real HTTP, and what the router is to take it for. */
const FAULTS: readonly (readonly [model: string, as: FailureClass, streams: 'both' | 'stream'])[] = [
  ['faulty/m-sim-context-window', 'context_window', 'both'],
  ['faulty/m-sim-content-policy', 'content_policy', 'both'],
  ['faulty/m-sim-429', 'rate_limit', 'both'],
  ['faulty/m-sim-529', 'overloaded', 'both'],
  ['faulty/m-sim-503', 'overloaded', 'both'],
  ['faulty/m-sim-500', 'server_error', 'both'],
  ['faulty/m-sim-html', 'server_error', 'both'],
  ['faulty/m-sim-silent', 'timeout', 'both'],
  ['faulty/m-sim-401', 'authentication', 'both'],
  ['faulty/m-sim-quota', 'authentication', 'both'],
  ['faulty/m-404', 'not_found', 'both'],
  // An overload that is told after a 200.
  ['faulty/m-sim-overload', 'overloaded', 'stream'],
  ['sim/sim-error-event', 'overloaded', 'stream'],
  ['gone/m', 'unreachable', 'both'],
];
const TIMES = 6;

/** Each fault through the whole product: its own fallback answers, another class's does not. */
export async function tryFaults(say: (text: string) => void): Promise<Record<string, number>> {
  const upstreams = await startSimulatedProvidersProcess();
  const stack = await startStack({ arrangement: 'distributed', env: { LOG_LEVEL: 'warn' } });
  const counts = { faults: FAULTS.length, fault_calls: 0, fault_wrong: 0 };
  try {
    const more = { allow_private_network: true, test: 'skip', secret: SIMULATED_KEYS.openai };
    await make(stack, '/api/v1/providers', { name: 'faulty', base_url: `${upstreams.url('openai')}/v1`, ...more });
    await make(stack, '/api/v1/providers', { name: 'gone', base_url: 'http://127.0.0.1:1/v1', ...more });
    for (const [index, [model, failure]] of FAULTS.entries()) {
      const other: FailureClass = failure === 'not_found' ? 'rate_limit' : 'not_found';
      const common = { targets: [{ model }], retries: 0, timeouts: { first_byte_ms: 400 } };
      await make(stack, '/api/v1/routes', {
        ...common,
        model: `helped-${index}`,
        fallbacks: [{ on: [failure], model: 'sim/sim-fast' }],
      });
      await make(stack, '/api/v1/routes', {
        ...common,
        model: `not-${index}`,
        fallbacks: [{ on: [other], model: 'sim/sim-fast' }],
      });
    }
    await waitFor(async () => (await call(stack, `not-${FAULTS.length - 1}`, false)).status !== 404, {
      what: 'the last route at the router',
    });
    const wishes = FAULTS.flatMap(([model, failure, streams], index) =>
      [false, true]
        .filter((stream) => stream || streams === 'both')
        .flatMap((stream) => Array.from({ length: TIMES }, () => ({ model, failure, index, stream }))),
    );
    await inLanes(wishes, 4, async ({ model, failure, index, stream }) => {
      const helped = await call(stack, `helped-${index}`, stream);
      const alone = await call(stack, `not-${index}`, stream);
      counts.fault_calls += 2;
      const good = helped.status === 200 && helped.attempts === 2 && helped.by === 'sim' && helped.text.includes('choices');
      // What began as a stream before it failed is no answer either.
      const left =
        alone.attempts === 1 && alone.by !== 'sim' ? alone.status >= 400 : model.startsWith('sim/') && alone.status >= 400;
      if (good && left) return;
      counts.fault_wrong += 1;
      say(`${model} (${failure}, ${stream ? 'stream' : 'whole'}): ${JSON.stringify({ helped, alone }).slice(0, 400)}`);
    });
  } finally {
    await stack.stop();
    await upstreams.stop();
  }
  return counts;
}

async function make(stack: Stack, path: string, body: object): Promise<void> {
  const answer = await stack.api(path, { method: 'POST', body });
  if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

async function call(stack: Stack, model: string, stream: boolean) {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hello' }] }),
  });
  const text = await response.text();
  const { headers, status } = response;
  return { status, attempts: Number(headers.get('x-tollgate-attempts')), by: headers.get('x-tollgate-provider'), text };
}
