import OpenAI, { AzureOpenAI } from 'openai';
import { failureOf, type MakeDriver, type Question, type Step, type Told } from '../driver.js';

function paramsOf(question: Question, steps: readonly Step[]): Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'> {
  const { image, schema, tools } = question;
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    ...(question.system === undefined ? [] : [{ role: 'system' as const, content: question.system }]),
    {
      role: 'user',
      content: [
        { type: 'text', text: question.prompt },
        ...(image === undefined
          ? []
          : [{ type: 'image_url' as const, image_url: { url: `data:${image.mediaType};base64,${image.data}` } }]),
      ],
    },
  ];
  for (const step of steps) {
    messages.push(step.told.turn as OpenAI.ChatCompletionMessageParam);
    for (const { call, text } of step.results) messages.push({ role: 'tool', tool_call_id: call.id, content: text });
  }
  return {
    model: question.model,
    messages,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map((tool) => ({
            type: 'function' as const,
            function: { name: tool.name, parameters: { ...tool.schema } },
          })),
        }),
    ...(question.choice === undefined ? {} : { tool_choice: 'required' }),
    ...(schema === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } }),
    ...(question.thinking === true ? { reasoning_effort: 'high' } : {}),
    ...(question.maxTokens === undefined ? {} : { max_completion_tokens: question.maxTokens }),
    ...(question.stops === undefined ? {} : { stop: question.stops }),
  };
}

function tell(completion: OpenAI.ChatCompletion): Told {
  const [choice] = completion.choices;
  if (choice === undefined || completion.usage === undefined) throw new Error('No choice or no usage');
  const { message } = choice;
  return {
    text: message.content ?? message.refusal ?? '',
    thinking: '',
    calls: (message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function'
        ? [{ id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown }]
        : [],
    ),
    end: message.refusal === null || message.refusal === undefined ? choice.finish_reason : 'refusal',
    prompt: completion.usage.prompt_tokens,
    output: completion.usage.completion_tokens,
    cacheRead: completion.usage.prompt_tokens_details?.cached_tokens ?? 0,
    turn: {
      role: 'assistant',
      content: message.content,
      ...(message.tool_calls === undefined ? {} : { tool_calls: message.tool_calls }),
    },
  };
}

const chat = (client: OpenAI) => ({
  ask: async (question: Question, steps: readonly Step[]) =>
    tell(await client.chat.completions.create(paramsOf(question, steps))),
  stream: async (question: Question, steps: readonly Step[]) => {
    const params = { ...paramsOf(question, steps), stream_options: { include_usage: true } };
    return tell(await client.chat.completions.stream(params).finalChatCompletion());
  },
  readFailure: failureOf,
  ends: { stop: 'stop', length: 'length', stopSequence: 'stop', tools: 'tool_calls', refused: 'refusal' },
});

const NO_THOUGHTS = 'the format counts reasoning and does not show it';

export const makeOpenAiChat: MakeDriver = (providers, wrongKey = false) => ({
  ...chat(
    new OpenAI({ baseURL: `${providers.url('openai')}/v1`, apiKey: wrongKey ? 'wrong' : providers.keys.openai, maxRetries: 0 }),
  ),
  provider: 'openai',
  sdk: 'openai (chat completions)',
  model: 'gpt-4.1',
  refusal: 'end',
  wrongKey: 401,
  unknownModel: 404,
  skips: { 'thinking-shown': NO_THOUGHTS },
});

export const makeAzureOpenAi: MakeDriver = (providers, wrongKey = false) => ({
  ...chat(
    new AzureOpenAI({
      endpoint: providers.url('azure-openai'),
      apiKey: wrongKey ? 'wrong' : providers.keys.azure,
      apiVersion: '2024-10-21',
      maxRetries: 0,
    }),
  ),
  provider: 'azure-openai',
  sdk: 'openai (AzureOpenAI)',
  model: 'gpt-4.1',
  refusal: 'error',
  wrongKey: 401,
  unknownModel: 404,
  skips: { 'thinking-shown': NO_THOUGHTS },
});
