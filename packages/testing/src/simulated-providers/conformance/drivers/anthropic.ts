import Anthropic from '@anthropic-ai/sdk';
import { failureOf, type MakeDriver, type Question, type Step, type Told } from '../driver.js';

function paramsOf(question: Question, steps: readonly Step[]): Anthropic.MessageCreateParamsNonStreaming {
  const { image, schema, tools } = question;
  const messages: Anthropic.MessageParam[] = [
    {
      role: 'user',
      content: [
        ...(image === undefined
          ? []
          : [{ type: 'image' as const, source: { type: 'base64' as const, media_type: image.mediaType, data: image.data } }]),
        { type: 'text', text: question.prompt },
      ],
    },
  ];
  for (const step of steps) {
    messages.push({ role: 'assistant', content: step.told.turn as Anthropic.ContentBlockParam[] });
    const content = step.results.map(({ call, text }) => ({ type: 'tool_result' as const, tool_use_id: call.id, content: text }));
    messages.push({ role: 'user', content });
  }
  return {
    model: question.model,
    max_tokens: question.maxTokens ?? 4096,
    messages,
    ...(question.system === undefined
      ? {}
      : {
          system: [
            { type: 'text', text: question.system, ...(question.cache === true ? { cache_control: { type: 'ephemeral' } } : {}) },
          ],
        }),
    ...(tools === undefined ? {} : { tools: tools.map((tool) => ({ name: tool.name, input_schema: tool.schema })) }),
    ...(question.choice === undefined ? {} : { tool_choice: { type: 'any' } }),
    ...(schema === undefined ? {} : { output_config: { format: { type: 'json_schema', schema } } }),
    ...(question.thinking === true ? { thinking: { type: 'enabled', budget_tokens: 1024 } } : {}),
    ...(question.stops === undefined ? {} : { stop_sequences: question.stops }),
  };
}

function tell(message: Anthropic.Message): Told {
  const { usage } = message;
  return {
    text: message.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    thinking: message.content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: message.content.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
    ),
    end: String(message.stop_reason),
    prompt: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens ?? 0,
    turn: message.content,
  };
}

export const makeAnthropic: MakeDriver = (providers, wrongKey = false) => {
  const client = new Anthropic({
    baseURL: providers.url('anthropic'),
    apiKey: wrongKey ? 'wrong' : providers.keys.anthropic,
    maxRetries: 0,
  });
  return {
    provider: 'anthropic',
    sdk: '@anthropic-ai/sdk',
    model: 'claude-opus-5',
    ask: async (question, steps) => tell(await client.messages.create(paramsOf(question, steps))),
    stream: async (question, steps) => tell(await client.messages.stream(paramsOf(question, steps)).finalMessage()),
    readFailure: failureOf,
    ends: { stop: 'end_turn', length: 'max_tokens', stopSequence: 'stop_sequence', tools: 'tool_use', refused: 'refusal' },
    refusal: 'end',
    wrongKey: 401,
    unknownModel: 404,
    skips: {},
  };
};
