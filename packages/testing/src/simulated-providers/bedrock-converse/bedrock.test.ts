import { describeRefusals, type Endpoint, PNG, type RefusalCase } from '../conformance/describe-refusals.js';

const user = (...content: object[]) => ({ role: 'user', content });
const assistant = (...content: object[]) => ({ role: 'assistant', content });
const HI = { text: 'hi' };
const use = (toolUseId: string) => ({ toolUse: { toolUseId, name: 'weather', input: {} } });
const result = (toolUseId: string) => ({ toolResult: { toolUseId, content: [{ text: 'rain' }] } });
const toolConfig = { tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }] };
const spec = (toolSpec: object) => ({ toolConfig: { tools: [{ toolSpec }] } });

const CASES: readonly RefusalCase[] = [
  ['no message', { messages: [] }, 400, 'A conversation must start with a user message'],
  ['the model speaks first', { messages: [assistant(HI), user(HI)] }, 400, 'A conversation must start with a user message'],
  ['one speaks twice', { messages: [user(HI), user(HI)] }, 400, 'must alternate between user and assistant roles'],
  ['the model speaks last', { messages: [user(HI), assistant(HI)] }, 400, 'must end with a user message'],
  ['an unknown role', { messages: [{ role: 'system', content: [HI] }] }, 400, 'enum value set: [user, assistant]'],
  ['a blank text', { messages: [user({ text: ' ' })] }, 400, 'is blank'],
  ['empty content', { messages: [user()] }, 400, 'is empty'],
  ['a block with a type', { messages: [user({ type: 'text', text: 'x' })] }, 400, 'must set one of the following keys'],
  [
    'calls without tools',
    { messages: [user(HI), assistant(use('a')), user(result('a'))] },
    400,
    'The toolConfig field must be defined',
  ],
  [
    'a call without a result',
    { toolConfig, messages: [user(HI), assistant(use('a')), user(HI)] },
    400,
    'Expected toolResult blocks at messages.2.content for the following Ids: a',
  ],
  [
    'a result without a call',
    { toolConfig, messages: [user(HI), assistant(HI), user(result('a'))] },
    400,
    'exceeds the number of toolUse blocks of previous turn',
  ],
  ['no tool at all', { toolConfig: { tools: [] } }, 400, 'toolConfig.tools'],
  ['a schema that is no object', spec({ name: 'w', inputSchema: { json: {} } }), 400, 'must be one of the following: object'],
  ['a name with a dot', spec({ name: 'w.x', inputSchema: { json: { type: 'object' } } }), 400, 'regular expression pattern'],
  ['an empty description', spec({ name: 'w', description: '', inputSchema: { json: { type: 'object' } } }), 400, 'description'],
  [
    'a picture of another format',
    { messages: [user({ image: { format: 'jpeg', source: { bytes: PNG } } })] },
    400,
    'appears to be image/png',
  ],
  ['an unknown format', { messages: [user({ image: { format: 'bmp', source: { bytes: PNG } } })] }, 400, 'enum value set'],
  [
    'a thought whose signature is another',
    { messages: [user(HI), assistant({ reasoningContent: { reasoningText: { text: 'Hm', signature: 'AAAA' } } }, HI), user(HI)] },
    400,
    'Invalid `signature`',
  ],
  ['a bound of nothing', { inferenceConfig: { maxTokens: 0 } }, 400, 'inferenceConfig.maxTokens'],
];

const ENDPOINT: Endpoint = {
  provider: 'bedrock',
  path: '/model/anthropic.claude-opus-5-v1%3A0/converse',
  headers: (keys) => ({ authorization: `Bearer ${keys.aws.apiKey}` }),
  good: { messages: [user(HI)] },
};

describeRefusals('bedrock', ENDPOINT, CASES);
