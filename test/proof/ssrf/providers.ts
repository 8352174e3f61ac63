import { PROVIDERS } from '@tollgate/providers';
import { ELSEWHERE, HERE } from './hosts.ts';
import { call, expectNowhere, hello, inTurns, manage, type Stage } from './stage.ts';

/** Base URLs of the management API: a provider that may not leave the public internet, and one that may, to one address. */
export async function tryBaseUrls(stage: Stage): Promise<void> {
  const wishes = [
    ...HERE.map((host) => ({ host, allow_private_network: false })),
    ...ELSEWHERE.map((host) => ({ host, allow_private_network: true })),
    ...Array.from({ length: 20 }, (_, i) => ({ host: `rebind-${i}.test`, allow_private_network: i % 2 === 0 })),
  ];
  await inTurns(wishes, async ({ host, allow_private_network }, index) => {
    stage.counts.base_urls += 1;
    const name = `own-${index}`;
    // Where the first answer of the name is allowed, somebody must be there, who fails, so that it is tried again.
    const mayBegin = host.startsWith('rebind') && allow_private_network;
    const base_url = mayBegin ? `http://${host}:${stage.redirectorPort}/r/500` : `http://${host}:${stage.canaryPort}/v1`;
    const fields = { name, base_url, allow_private_network, secret: stage.secret };
    const made = await manage(stage, 'POST', '/api/v1/providers', fields);
    if (made.status === 400) stage.counts.refused_at_save += 1;
    else await expectNowhere(stage, `${name}/m`, `${base_url} (${allow_private_network ? 'with' : 'without'} private networks)`);
  });
}

const HOSTILE = (port: number): readonly string[] => [
  `127.0.0.2:${port}/`,
  `127.0.0.2:${port}#`,
  `127.0.0.2:${port}?`,
  `x@127.0.0.2:${port}/`,
  `x\\@127.0.0.2:${port}`,
  `127.0.0.2:${port}%2f`,
  `..`,
  `a/../b`,
  `a.b@c`,
  `x\r\nhost: private.test`,
];

/** What stands in a vendor's host or path by a setting may not lead out of it. */
export async function trySettings(stage: Stage): Promise<void> {
  const wishes = PROVIDERS.flatMap((row) =>
    row.settings.flatMap((setting) => HOSTILE(stage.canaryPort).map((value) => ({ row, setting: setting.name, value }))),
  );
  await inTurns(wishes, async ({ row, setting, value }) => {
    stage.counts.settings += 1;
    const good = Object.fromEntries(row.settings.map((each) => [each.name, each.fallback ?? 'eu-west-1']));
    const made = await manage(stage, 'POST', '/api/v1/providers', {
      name: row.name,
      settings: { ...good, [setting]: value },
      secret: stage.secret,
    });
    if (made.status === 400) stage.counts.refused_at_save += 1;
    else {
      stage.counts.answered += 1;
      stage.say(`${row.name}: ${setting}=${JSON.stringify(value)} was taken: ${made.status}`);
    }
  });
}

/** Providers of the file and of the environment: whoever writes them may mean a private network, but not any. */
export const FILE_HOSTS = ELSEWHERE.filter((host) => !/[\\@%]|[^\x20-\x7e]/.test(host));
export const fileProviders = (canaryPort: number): string =>
  FILE_HOSTS.map(
    (host, i) => `  file-${i}: { base_url: "http://${host}:${canaryPort}/v1", allow_private_network: true, credential: none }\n`,
  ).join('');

export async function tryFileAndVariables(stage: Stage): Promise<void> {
  await inTurns([...FILE_HOSTS.map((_, i) => `file-${i}`), 'together', 'openai'], async (name) => {
    stage.counts.files_and_variables += 1;
    await expectNowhere(stage, `${name}/m`, `provider ${name}`);
  });
}

const STATUSES = [301, 302, 303, 307, 308];

/** An upstream that may be called and sends elsewhere: to other origins, and to its own. */
export async function tryRedirects(stage: Stage): Promise<void> {
  const { canaryPort: port, redirectorPort } = stage;
  const locations = [
    `http://127.0.0.1:${port}/followed`,
    `http://127.0.0.2:${port}/followed`,
    `http://2130706434:${port}/followed`,
    `http://[::1]:${port}/followed`,
    `http://user:pass@127.0.0.1:${port}/followed`,
    `//private.test:${port}/followed`,
    `https://127.0.0.1:${port}/followed`,
    'http://169.254.169.254/latest/meta-data/',
    `http://127.0.0.1:${redirectorPort}/followed`,
    '/followed',
  ];
  const wishes = locations.flatMap((location) => STATUSES.map((status) => ({ location, status })));
  await inTurns(wishes, async ({ location, status }, index) => {
    stage.counts.redirects += 1;
    const base_url = `http://127.0.0.1:${redirectorPort}/r/${status}/${Buffer.from(location).toString('base64url')}`;
    const fields = { name: `sends-on-${index}`, base_url, allow_private_network: true, secret: stage.secret };
    const made = await manage(stage, 'POST', '/api/v1/providers', fields);
    if (made.status !== 201) throw new Error(`the redirector is no provider: ${made.status} ${JSON.stringify(made.body)}`);
    await expectNowhere(stage, `sends-on-${index}/m`, `${status} to ${location}`);
  });
}

/** Fields and headers by which other gateways let a caller say where to go. */
export async function tryCallFields(stage: Stage): Promise<void> {
  const urls = ['127.0.0.1', '127.0.0.2', '[::1]', 'private.test'].map((host) => `http://${host}:${stage.canaryPort}/v1`);
  const fields = ['api_base', 'base_url', 'api_url', 'endpoint', 'custom_host', 'proxy', 'host'];
  const headers = [
    'x-portkey-custom-host',
    'x-base-url',
    'x-tollgate-base-url',
    'helicone-target-url',
    'x-forwarded-host',
    'x-original-url',
  ];
  for (const url of urls) {
    for (const field of fields) {
      stage.counts.call_fields += 1;
      await call(stage, '/v1/chat/completions', { ...hello('sim/sim-fast'), [field]: url });
    }
    for (const header of headers) {
      stage.counts.call_fields += 1;
      await call(stage, '/v1/chat/completions', hello('sim/sim-fast'), { [header]: url });
    }
    for (const model of [`${url}/m`, `sim/${url}`, `sim/../../${url}`]) {
      stage.counts.call_fields += 1;
      await call(stage, '/v1/chat/completions', hello(model));
    }
  }
}
