import type { TokenSnippet } from '@tollgate/contracts';

const MESSAGES = [{ role: 'user', content: 'Hello' }];

/** How to use a new API key right away. `url`: where callers reach the gateway, without a trailing slash. */
export function writeSnippets(url: string, token: string, model: string): TokenSnippet[] {
  const base = `${url}/v1`;
  const body = JSON.stringify({ model, messages: MESSAGES });
  return [
    {
      title: 'curl',
      language: 'shell',
      code: `curl ${base}/chat/completions -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${body}'`,
    },
    {
      title: 'openai (Python)',
      language: 'python',
      code: [
        'from openai import OpenAI',
        `client = OpenAI(base_url="${base}", api_key="${token}")`,
        `answer = client.chat.completions.create(model="${model}", messages=${JSON.stringify(MESSAGES)})`,
        'print(answer.choices[0].message.content)',
      ].join('\n'),
    },
    {
      title: 'openai (Node)',
      language: 'javascript',
      code: [
        "import OpenAI from 'openai';",
        `const client = new OpenAI({ baseURL: '${base}', apiKey: '${token}' });`,
        `const answer = await client.chat.completions.create({ model: '${model}', messages: ${JSON.stringify(MESSAGES)} });`,
        'console.log(answer.choices[0].message.content);',
      ].join('\n'),
    },
  ];
}
