import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OtlpReceiver, type Stack, startOtlpReceiver, startSimulatedOpenAiProcess, startStack } from '@tollgate/testing';
import type { ProofSuite } from '../proof-suite.ts';
import { type Canary, ConnectionLog, openCanary, openRedirector } from './canary.ts';
import { tryContentUrls, vendorsOf } from './content.ts';
import { HERE, NAMES } from './hosts.ts';
import { fileProviders, tryBaseUrls, tryCallFields, tryFileAndVariables, tryRedirects, trySettings } from './providers.ts';
import type { Counts, Stage } from './stage.ts';
import { tryWebhooks } from './webhooks.ts';

const PRELOAD = fileURLToPath(new URL('play-names.mjs', import.meta.url));

/**
 * Everything that takes a URL, or something that ends in one, is told to go where it may not. Three witnesses: a canary that
 * listens there, the processes' own account of each connection that they try, and a look for the secret in all that was said.
 */
export const ssrf: ProofSuite = {
  name: 'ssrf',
  summary: 'base URLs, settings, files, redirects, URLs in messages, fields of calls and webhooks lead to nothing private',
  bounds: {
    arrangements: { min: 2 },
    spellings: { min: 100 },
    base_urls: { min: 400 },
    settings: { min: 150 },
    files_and_variables: { min: 130 },
    redirects: { min: 100 },
    content_urls: { min: 650 },
    content_carried: { min: 100 },
    call_fields: { min: 120 },
    webhooks: { min: 950 },
    refused_at_save: { min: 1_200 },
    refused_at_connect: { min: 450 },
    connections_watched: { min: 60 },
    controls_seen: { min: 8 },
    reached: { max: 0 },
    tried: { max: 0 },
    redirects_followed: { max: 0 },
    answered: { max: 0 },
    texts_searched: { min: 4_000 },
    secrets_seen: { max: 0 },
  },
  async run({ say }) {
    const sums: Record<string, number> = { arrangements: 0, spellings: HERE.length };
    for (const arrangement of ['distributed', 'standalone'] as const) {
      const counts = await tryAll(arrangement, (text) => say(`${arrangement}: ${text}`));
      for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
      sums['arrangements'] = (sums['arrangements'] ?? 0) + 1;
    }
    return sums;
  },
};

async function tryAll(arrangement: 'distributed' | 'standalone', say: (text: string) => void): Promise<Record<string, number>> {
  const closers: (() => unknown)[] = [];
  const closing = <T>(opened: T, close: (opened: T) => unknown): T => {
    closers.push(() => close(opened));
    return opened;
  };
  try {
    const canary = closing(await openCanary(), (each) => each.close());
    const redirector = closing(await openRedirector(), (each) => each.close());
    const upstream = closing(await startSimulatedOpenAiProcess(), (each) => each.stop());
    const receiver = closing(await startOtlpReceiver(), (each) => each.stop());
    const log = closing(new ConnectionLog(), (each) => each.remove());
    const secret = `sk-canary-${randomBytes(24).toString('base64url')}`;
    const configPath = join(log.folder, 'tollgate.yaml');
    const sim = `  sim: { base_url: "${upstream.url}", credential: "${secret}", allow_private_network: true }\n`;
    const own = `version: 1\nproviders:\n${sim}${vendorsOf(redirector.port)}${fileProviders(canary.port)}`;
    writeFileSync(configPath, own);
    const stack = await startStack({
      arrangement,
      otlpUrl: receiver.url,
      env: {
        TOLLGATE_CONFIG: configPath,
        TOLLGATE_UPSTREAM_PRIVATE_NETWORKS: '127.0.0.1/32',
        TOGETHER_API_KEY: secret,
        TOGETHER_BASE_URL: `http://127.0.0.2:${canary.port}/v1`,
        OPENAI_API_KEY: secret,
        OPENAI_BASE_URL: `http://[::1]:${canary.port}/v1`,
        NODE_OPTIONS: `--import=${PRELOAD}`,
        SSRF_PROOF_FOLDER: log.folder,
        SSRF_PROOF_NAMES: JSON.stringify(NAMES),
      },
    });
    closers.push(() => stack.stop());
    const stage: Stage = {
      stack,
      counts: noCounts(),
      canaryPort: canary.port,
      redirectorPort: redirector.port,
      secret,
      answers: [],
      say,
    };
    for (const work of [
      tryBaseUrls,
      trySettings,
      tryFileAndVariables,
      tryRedirects,
      tryContentUrls,
      tryCallFields,
      tryWebhooks,
    ]) {
      await work(stage);
      say(`${work.name}: ${canary.connections()} reached, ${JSON.stringify(stage.counts)}`);
    }
    const tried = log.forbidden(canary.port);
    for (const each of new Set(tried)) say(`tried: ${each}`);
    return {
      ...stage.counts,
      reached: canary.connections(),
      tried: tried.length,
      redirects_followed: redirector.followed(),
      connections_watched: log.attempts().length,
      ...search(stage, stack, receiver),
      controls_seen: await control(canary, log),
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

const noCounts = (): Counts => ({
  base_urls: 0,
  settings: 0,
  files_and_variables: 0,
  redirects: 0,
  content_urls: 0,
  content_carried: 0,
  call_fields: 0,
  webhooks: 0,
  refused_at_save: 0,
  refused_at_connect: 0,
  answered: 0,
});

/** The secret of the providers in logs, spans and answers. */
function search({ answers, secret }: Stage, stack: Stack, receiver: OtlpReceiver) {
  const texts = [...answers, ...stack.logs().split('\n'), ...receiver.bodies.map((body) => body.toString('latin1'))];
  const spelled = [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), encodeURIComponent(secret)];
  return {
    texts_searched: texts.length,
    secrets_seen: texts.filter((text) => spelled.some((spelling) => text.includes(spelling))).length,
  };
}

/** Last of all: each witness would have seen it. */
async function control(canary: Canary, log: ConnectionLog): Promise<number> {
  const before = canary.connections();
  for (const host of ['127.0.0.1', '127.0.0.2', '::1']) {
    await new Promise((resolve) => connect({ host, port: canary.port }).on('close', resolve).on('error', resolve));
  }
  const watched = log.attempts().some(({ address }) => address === '127.0.0.1');
  return canary.connections() - before + (watched ? 1 : 0);
}
