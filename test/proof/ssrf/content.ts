import { HERE } from './hosts.ts';
import { call, inTurns, type Stage } from './stage.ts';

const HOSTS = HERE.filter((_, i) => i % 4 === 0);
/** One that takes the call as it is, and one of each other grammar, so that it is translated. */
const MODELS = ['sim/sim-fast', 'anthropic/m', 'gemini/m', 'ollama/m', 'cohere/m', 'mistral/m'] as const;

const openAi = (model: string, url: string) => ({
  model,
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'look' },
        { type: 'image_url', image_url: { url } },
        { type: 'file', file: { file_data: url, filename: 'x.pdf' } },
      ],
    },
  ],
});

const anthropic = (model: string, url: string) => ({
  model,
  max_tokens: 10,
  messages: [
    {
      role: 'user',
      content: [
        { type: 'image', source: { type: 'url', url } },
        { type: 'document', source: { type: 'url', url } },
        { type: 'text', text: 'look' },
      ],
    },
  ],
});

/** URLs inside messages are the provider's to fetch: the gateway carries or refuses them, whatever the grammars. */
export async function tryContentUrls(stage: Stage): Promise<void> {
  const wishes = HOSTS.flatMap((host) =>
    MODELS.flatMap((model) => [
      { path: '/v1/chat/completions', body: openAi(model, `http://${host}:${stage.canaryPort}/x.png`) },
      { path: '/v1/messages', body: anthropic(model, `http://${host}:${stage.canaryPort}/x.png`) },
    ]),
  );
  await inTurns(wishes, async ({ path, body }) => {
    stage.counts.content_urls += 1;
    if ((await call(stage, path, body)) === 200) stage.counts.content_carried += 1;
  });
}

/** The vendors of the other grammars, all of them at the server that sends nobody anywhere. */
export const vendorsOf = (port: number): string =>
  ['anthropic', 'gemini', 'ollama', 'cohere', 'mistral']
    .map(
      (name) => `  ${name}: { base_url: "http://127.0.0.1:${port}/r/404/", allow_private_network: true, credential: sk-none }\n`,
    )
    .join('');
