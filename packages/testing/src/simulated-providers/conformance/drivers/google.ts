import {
  type Content,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
} from '@google/genai';
import { failureOf, type MakeDriver, type Question, type Step, type Told } from '../driver.js';

function paramsOf(question: Question, steps: readonly Step[]): GenerateContentParameters {
  const { image, schema, tools } = question;
  const contents: Content[] = [
    {
      role: 'user',
      parts: [
        { text: question.prompt },
        ...(image === undefined ? [] : [{ inlineData: { mimeType: image.mediaType, data: image.data } }]),
      ],
    },
  ];
  for (const step of steps) {
    contents.push({ role: 'model', parts: step.told.turn as Part[] });
    const parts = step.results.map(({ call, text }) => ({ functionResponse: { name: call.name, response: { output: text } } }));
    contents.push({ role: 'user', parts });
  }
  const declarations = (tools ?? []).map((tool) => ({ name: tool.name, parametersJsonSchema: tool.schema }));
  return {
    model: question.model,
    contents,
    config: {
      ...(question.system === undefined ? {} : { systemInstruction: question.system }),
      ...(tools === undefined ? {} : { tools: [{ functionDeclarations: declarations }] }),
      ...(question.choice === undefined ? {} : { toolConfig: { functionCallingConfig: { mode: 'ANY' as never } } }),
      ...(schema === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: schema }),
      ...(question.thinking === true ? { thinkingConfig: { includeThoughts: true } } : {}),
      ...(question.maxTokens === undefined ? {} : { maxOutputTokens: question.maxTokens }),
      ...(question.stops === undefined ? {} : { stopSequences: question.stops }),
    },
  };
}

function tell(responses: readonly GenerateContentResponse[]): Told {
  const parts = responses.flatMap((response) => response.candidates?.[0]?.content?.parts ?? []);
  const last = responses.at(-1);
  const usage = last?.usageMetadata;
  if (last?.promptFeedback?.blockReason === undefined && last?.candidates?.[0]?.finishReason === undefined) {
    throw new Error('The stream ended without a finish reason');
  }
  const join = (thought: boolean): string =>
    parts
      .filter((part) => (part.thought === true) === thought)
      .map((part) => part.text ?? '')
      .join('');
  const calls = parts.flatMap(({ functionCall }) =>
    functionCall === undefined
      ? []
      : [{ id: functionCall.name ?? '', name: functionCall.name ?? '', arguments: functionCall.args }],
  );
  return {
    text: join(false),
    thinking: join(true),
    calls,
    end: last?.promptFeedback?.blockReason ?? (calls.length > 0 ? 'calls' : String(last?.candidates?.[0]?.finishReason)),
    prompt: usage?.promptTokenCount ?? 0,
    output: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
    cacheRead: usage?.cachedContentTokenCount ?? 0,
    turn: parts.filter((part) => part.thought !== true && part.text !== ''),
  };
}

const google = (client: GoogleGenAI) => ({
  ask: async (question: Question, steps: readonly Step[]) =>
    tell([await client.models.generateContent(paramsOf(question, steps))]),
  stream: async (question: Question, steps: readonly Step[]) => {
    const responses: GenerateContentResponse[] = [];
    for await (const response of await client.models.generateContentStream(paramsOf(question, steps))) responses.push(response);
    return tell(responses);
  },
  readFailure: failureOf,
  model: 'gemini-3-pro-preview',
  ends: { stop: 'STOP', length: 'MAX_TOKENS', stopSequence: 'STOP', tools: 'calls', refused: 'PROHIBITED_CONTENT' },
  refusal: 'end' as const,
  unknownModel: 404,
  skips: {},
});

export const makeGemini: MakeDriver = (providers, wrongKey = false) => ({
  ...google(
    new GoogleGenAI({
      apiKey: wrongKey ? 'wrong' : providers.keys.gemini,
      httpOptions: { baseUrl: providers.url('gemini'), retryOptions: { attempts: 1 } },
    }),
  ),
  provider: 'gemini',
  sdk: '@google/genai',
  wrongKey: 400,
});

/** The SDK's own sign-in would ask Google; the token is put in as a header instead. */
export const makeVertex: MakeDriver = (providers, wrongKey = false) => ({
  ...google(
    new GoogleGenAI({
      vertexai: true,
      project: 'simulated',
      location: 'us-central1',
      googleAuthOptions: { authClient: signedIn(wrongKey ? 'wrong' : providers.keys.vertex) as never },
      httpOptions: { baseUrl: providers.url('vertex'), retryOptions: { attempts: 1 } },
    }),
  ),
  provider: 'vertex',
  sdk: '@google/genai (vertexai)',
  wrongKey: 401,
});

const signedIn = (token: string): object => ({
  getRequestHeaders: async () => new Headers({ authorization: `Bearer ${token}` }),
  getAccessToken: async () => ({ token }),
});
