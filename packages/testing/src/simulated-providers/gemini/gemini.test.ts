import { describeRefusals, type Endpoint, PNG, type RefusalCase } from '../conformance/describe-refusals.js';

const user = (...parts: object[]) => ({ role: 'user', parts });
const model = (...parts: object[]) => ({ role: 'model', parts });
const HI = { text: 'hi' };
const call = (name: string) => ({ functionCall: { name, args: {} } });
const response = (name: string) => ({ functionResponse: { name, response: { output: 'rain' } } });
const tools = (parameters: object) => ({ tools: [{ functionDeclarations: [{ name: 'weather', parameters }] }] });

const CASES: readonly RefusalCase[] = [
  ['no contents', { contents: undefined }, 400, 'contents is not specified'],
  ['an unknown field', { messages: [] }, 400, 'Unknown name \\"messages\\": Cannot find field.'],
  [
    'an unknown field of the config',
    { generationConfig: { maxTokens: 5 } },
    400,
    'Unknown name \\"maxTokens\\" at \'generation_config\'',
  ],
  ['an unknown role', { contents: [{ role: 'assistant', parts: [HI] }] }, 400, 'Please use a valid role: user, model.'],
  ['a content without parts', { contents: [{ role: 'user', parts: [] }] }, 400, 'must include at least one parts field'],
  ['a part without data', { contents: [user({})] }, 400, "required oneof field 'data'"],
  [
    'a part with two kinds of data',
    { contents: [user({ text: 'x', inlineData: { mimeType: 'image/png', data: PNG } })] },
    400,
    'is already set',
  ],
  [
    'a schema with a word that it does not know',
    tools({ type: 'object', additionalProperties: false }),
    400,
    'Unknown name \\"additionalProperties\\"',
  ],
  ['a deep one', tools({ type: 'object', properties: { a: { type: 'string', $ref: '#' } } }), 400, 'Unknown name \\"$ref\\"'],
  [
    'a type of several',
    tools({ type: 'object', properties: { a: { type: ['string', 'null'] } } }),
    400,
    'Proto field is not repeating',
  ],
  ['a name with a blank', { tools: [{ functionDeclarations: [{ name: 'the weather' }] }] }, 400, 'Invalid function name'],
  [
    'a call right after the model spoke',
    { contents: [user(HI), model(HI), model(call('w')), user(response('w'))] },
    400,
    'comes immediately after a user turn',
  ],
  ['a call first', { contents: [model(call('w')), user(response('w'))] }, 400, 'comes immediately after a user turn'],
  [
    'a response without a call',
    { contents: [user(HI), model(HI), user(response('w'))] },
    400,
    'comes immediately after a function call turn',
  ],
  [
    'fewer responses than calls',
    { contents: [user(HI), model(call('w'), call('v')), user(response('w'))] },
    400,
    'number of function response parts is equal',
  ],
  ['a response to another call', { contents: [user(HI), model(call('w')), user(response('v'))] }, 400, 'response names match'],
  [
    'a response that is text',
    { contents: [user(HI), model(call('w')), user({ functionResponse: { name: 'w', response: 'rain' } })] },
    400,
    'must be an object',
  ],
  ['any tool without tools', { toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, 400, 'without function_declarations'],
  ['a schema without a JSON type', { generationConfig: { responseSchema: { type: 'object' } } }, 400, 'application/json'],
  [
    'a picture that is none of what it says',
    { contents: [user({ inlineData: { mimeType: 'image/jpeg', data: PNG } })] },
    400,
    'Unable to process input image',
  ],
  [
    'a file of an unknown type',
    { contents: [user({ inlineData: { mimeType: 'application/zip', data: PNG } })] },
    400,
    'Unsupported MIME type',
  ],
  ['six stop sequences', { generationConfig: { stopSequences: [...'abcdef'] } }, 400, 'at most 5'],
];

const endpoint = (name: string): Endpoint => ({
  provider: 'gemini',
  path: `/v1beta/models/${name}:generateContent`,
  headers: (keys) => ({ 'x-goog-api-key': keys.gemini }),
  good: { contents: [user(HI)], system_instruction: { parts: [HI] }, generation_config: { max_output_tokens: 50 } },
});

describeRefusals('gemini', endpoint('gemini-2.5-flash'), CASES);
describeRefusals('gemini 3', endpoint('gemini-3-pro-preview'), [
  [
    'a call without its signature',
    { contents: [user(HI), model(call('w')), user(response('w'))] },
    400,
    'missing a thought_signature',
  ],
  [
    'a signature that was changed',
    { contents: [user(HI), model({ ...call('w'), thoughtSignature: 'AAAA' }), user(response('w'))] },
    400,
    'Corrupted thought signature',
  ],
]);
describeRefusals(
  'gemini with the key in the address',
  { ...endpoint('gemini-2.5-flash'), path: `${endpoint('gemini-2.5-flash').path}?key=AIzaSimulatedGemini`, headers: () => ({}) },
  [['a temperature out of range', { generationConfig: { temperature: 9 } }, 400, 'temperature']],
);
