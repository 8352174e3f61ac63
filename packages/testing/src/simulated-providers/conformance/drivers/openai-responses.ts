import OpenAI from 'openai';
import { failureOf, type MakeDriver, type Question, type Step, type Told } from '../driver.js';

type Input = OpenAI.Responses.ResponseInputItem;

function paramsOf(question: Question, steps: readonly Step[]): Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'> {
  const { image, schema, tools } = question;
  const content: OpenAI.Responses.ResponseInputContent[] = [
    { type: 'input_text', text: question.prompt },
    ...(image === undefined
      ? []
      : [{ type: 'input_image' as const, detail: 'auto' as const, image_url: `data:${image.mediaType};base64,${image.data}` }]),
  ];
  const input: Input[] = [{ role: 'user', content }];
  for (const step of steps) {
    input.push(...(step.told.turn as Input[]));
    for (const { call, text } of step.results) input.push({ type: 'function_call_output', call_id: call.id, output: text });
  }
  return {
    model: question.model,
    input,
    store: false,
    include: ['reasoning.encrypted_content'],
    ...(question.system === undefined ? {} : { instructions: question.system }),
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map((tool) => ({
            type: 'function' as const,
            name: tool.name,
            parameters: { ...tool.schema },
            strict: false,
          })),
        }),
    ...(question.choice === undefined ? {} : { tool_choice: 'required' }),
    ...(schema === undefined ? {} : { text: { format: { type: 'json_schema', name: 'answer', strict: true, schema } } }),
    ...(question.thinking === true ? { reasoning: { effort: 'high', summary: 'detailed' } } : {}),
    ...(question.maxTokens === undefined ? {} : { max_output_tokens: question.maxTokens }),
  };
}

function tell(response: OpenAI.Responses.Response): Told {
  const { output, usage } = response;
  if (usage === undefined) throw new Error('No usage');
  const refusals = output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .flatMap((part) => (part.type === 'refusal' ? [part.refusal] : []));
  const calls = output.flatMap((item) =>
    item.type === 'function_call'
      ? [{ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) as unknown }]
      : [],
  );
  return {
    text: response.output_text + refusals.join(''),
    thinking: output
      .flatMap((item) => (item.type === 'reasoning' ? item.summary : []))
      .map(({ text }) => text)
      .join(''),
    calls,
    end:
      refusals.length > 0
        ? 'refusal'
        : calls.length > 0
          ? 'function_call'
          : (response.incomplete_details?.reason ?? String(response.status)),
    prompt: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.input_tokens_details.cached_tokens,
    turn: output,
  };
}

export const makeOpenAiResponses: MakeDriver = (providers, wrongKey = false) => {
  const client = new OpenAI({
    baseURL: `${providers.url('openai')}/v1`,
    apiKey: wrongKey ? 'wrong' : providers.keys.openai,
    maxRetries: 0,
  });
  return {
    provider: 'openai',
    sdk: 'openai (responses)',
    model: 'gpt-5',
    ask: async (question, steps) => tell(await client.responses.create(paramsOf(question, steps))),
    stream: async (question, steps) => tell(await client.responses.stream(paramsOf(question, steps)).finalResponse()),
    readFailure: failureOf,
    ends: { stop: 'completed', length: 'max_output_tokens', stopSequence: '', tools: 'function_call', refused: 'refusal' },
    refusal: 'end',
    wrongKey: 401,
    unknownModel: 404,
    skips: { 'stop-sequence': 'the format has no stop sequences' },
  };
};
