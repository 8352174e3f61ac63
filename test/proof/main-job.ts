import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manageProcess, type SimulatedOpenAiProcess, startSimulatedOpenAiProcess, waitFor } from '@tollgate/testing';
import OpenAI from 'openai';
import type { ProofSuite } from './proof-suite.ts';

const START = fileURLToPath(new URL('../../packages/tooling/bin/start.mjs', import.meta.url));
const WAYS = { standalone: [], distributed: ['--distributed'], 'data-plane': ['--distributed', '--data-plane=1'] } as const;
const STEPS = [
  'curl',
  'whole',
  'stream',
  'tools',
  'image',
  'five_megabytes',
  'models',
  'usage',
  'price',
  'second_start',
] as const;
const hello = [{ role: 'user' as const, content: 'hello' }];

/** What a newcomer does, with the commands and the SDK that they have. */
export const mainJob: ProofSuite = {
  name: 'main-job',
  summary: 'start, paste the printed curl, use the official SDK, read usage and price; in all three ways of running',
  bounds: { ways: { min: 3 }, steps: { min: 3 * STEPS.length }, failed: { max: 0 } },
  async run({ say }) {
    const counts = { ways: 0, steps: 0, failed: 0 };
    for (const [way, flags] of Object.entries(WAYS)) {
      const upstream = await startSimulatedOpenAiProcess();
      const folder = mkdtempSync(join(tmpdir(), `tollgate-main-job-${way}-`));
      try {
        await walk(folder, flags, upstream, (step, error) => {
          if (error === null) counts.steps += 1;
          else counts.failed += 1;
          say(`${way}: ${step} ${error === null ? 'ok' : `FAILED ${error instanceof Error ? error.stack : error}`}`);
        });
        counts.ways += 1;
      } finally {
        await upstream.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return counts;
  },
};

type Report = (step: (typeof STEPS)[number], error: unknown) => void;

async function walk(folder: string, flags: readonly string[], upstream: SimulatedOpenAiProcess, report: Report): Promise<void> {
  const config = join(folder, 'tollgate.yaml');
  writeFileSync(
    config,
    `version: 1\nproviders:\n  sim: { base_url: ${upstream.url}, credential: sk-simulated, allow_private_network: true }\n` +
      'models:\n  sim/sim-priced: { price: { input: "2.5", output: "10" } }\n',
  );
  const product = manageProcess({
    name: 'npm start',
    command: process.execPath,
    args: [START, ...flags],
    env: {
      ...(process.env as Record<string, string>),
      PORT: String(await freePort()),
      TOLLGATE_DATA_DIR: join(folder, 'data'),
      TOLLGATE_CONFIG: config,
      TOLLGATE_METRICS_PORT: flags.length === 0 ? 'off' : '0',
    },
    folder,
    logFile: join(folder, 'start.log'),
    up: { by: 'line', pattern: /^ready url=/ },
    upWithinMs: 180_000,
  });
  await product.start();
  try {
    const [, url = '', token = '', admin = ''] = /url=(\S+) token=(\S+) admin=(\S+)/.exec(product.greeting) ?? [];
    const step = async (name: (typeof STEPS)[number], work: () => unknown): Promise<void> => {
      try {
        await work();
        report(name, null);
      } catch (error) {
        report(name, error);
      }
    };
    await step('curl', () => waitFor(() => pasteCurl(product.logs()), { timeoutMs: 5_000 }));
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
    for (const [name, work] of Object.entries(sdkSteps(client))) await step(name as (typeof STEPS)[number], work);
    const read = async (path: string): Promise<unknown> =>
      (await fetch(url + path, { headers: { authorization: `Bearer ${admin}` } })).json();
    await step('usage', async () => {
      const entries = await upstream.ledger();
      const tokens = entries.reduce((sum, { usage }) => sum + usage.promptTokens + usage.completionTokens, 0);
      await waitFor(
        async () => {
          const report = (await read('/api/v1/usage?provider=sim')) as { totals: { requests: number; total_tokens: number } };
          return (report.totals.requests === entries.length && report.totals.total_tokens === tokens) || null;
        },
        { what: `${entries.length} requests with ${tokens} tokens in the usage` },
      );
    });
    await step('price', async () => {
      const answer = await client.chat.completions.create({ model: 'sim/sim-priced', messages: hello, seed: 1 });
      const { prompt_tokens: prompt, completion_tokens: completion } = answer.usage ?? { prompt_tokens: 0, completion_tokens: 0 };
      await waitFor(
        async () => {
          const report = (await read('/api/v1/usage?model=sim/sim-priced')) as { totals: { cost: { amount: string } | null } };
          return Math.round(Number(report.totals.cost?.amount) * 1e7) === prompt * 25 + completion * 100 || null;
        },
        { what: 'the exact price in the usage' },
      );
    });
    await step('second_start', async () => {
      await product.kill('SIGTERM');
      await product.start();
      demand(!product.greeting.includes('token='), 'secrets are shown once');
      await client.chat.completions.create({ model: 'sim/sim-fast', messages: hello });
    });
  } finally {
    await product.kill('SIGTERM');
  }
}

function sdkSteps(
  client: OpenAI,
): Record<'whole' | 'stream' | 'tools' | 'image' | 'five_megabytes' | 'models', () => Promise<void>> {
  const chat = client.chat.completions;
  const withImage = (data: string) => [
    { role: 'user' as const, content: [{ type: 'image_url' as const, image_url: { url: `data:image/png;base64,${data}` } }] },
  ];
  return {
    whole: async () => {
      const answer = await chat.create({ model: 'sim/sim-fast', messages: hello });
      demand((answer.choices[0]?.message.content ?? '') !== '', 'a text');
    },
    stream: async () => {
      let frames = 0;
      for await (const chunk of await chat.create({ model: 'sim/sim-slow-20ms-20', messages: hello, stream: true })) {
        if (chunk.choices[0]?.delta.content) frames += 1;
      }
      demand(frames === 20, '20 frames');
    },
    tools: async () => {
      const tools = [{ type: 'function' as const, function: { name: 'find_tree', parameters: { type: 'object' } } }];
      const answer = await chat.create({ model: 'sim/sim-tools', messages: hello, tools });
      const call = answer.choices[0]?.message.tool_calls?.[0];
      demand(call?.type === 'function' && call.function.name === 'find_tree', 'a tool call');
    },
    image: async () => {
      const answer = await chat.create({ model: 'sim/sim-fast', messages: withImage('iVBORw0KGgo=') });
      demand(answer.usage?.prompt_tokens === 88, 'the tokens of an image');
    },
    five_megabytes: async () => {
      const answer = await chat.create({ model: 'sim/sim-fast', messages: withImage('A'.repeat(5_000_000)) });
      demand(answer.usage?.prompt_tokens === 88, 'the tokens of an image');
    },
    models: async () => {
      const ids: string[] = [];
      for await (const model of await client.models.list()) ids.push(model.id);
      demand(ids.includes('demo/chat'), 'demo/chat among the models');
    },
  };
}

/** Runs what was printed, as it was printed. */
function pasteCurl(log: string): true | null {
  const command = /^ {2}curl (?:.*\\\n)*.*$/m.exec(log)?.[0];
  if (command === undefined) return null;
  const { stdout, status } = spawnSync('sh', ['-c', `${command} --fail --silent --show-error`], { encoding: 'utf8' });
  demand(status === 0 && stdout.includes('"chat.completion"'), `an answer to curl, not ${status} ${stdout.slice(0, 200)}`);
  return true;
}

function demand(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Expected ${what}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
