import { Mistral } from '@mistralai/mistralai';
import type { ChatCompletionRequest, ChatCompletionResponse, CompletionEvent } from '@mistralai/mistralai/models/components';
import { failureOf, type MakeDriver, type Question, type Step, type Told } from '../driver.js';

type Messages = ChatCompletionRequest['messages'];

function requestOf(question: Question, steps: readonly Step[]): ChatCompletionRequest {
  const { image, schema, tools } = question;
  const messages: Messages = [
    ...(question.system === undefined ? [] : [{ role: 'system' as const, content: question.system }]),
    {
      role: 'user',
      content: [
        { type: 'text' as const, text: question.prompt },
        ...(image === undefined
          ? []
          : [{ type: 'image_url' as const, imageUrl: `data:${image.mediaType};base64,${image.data}` }]),
      ],
    },
  ];
  for (const step of steps) {
    messages.push(step.told.turn as Messages[number]);
    for (const { call, text } of step.results)
      messages.push({ role: 'tool', toolCallId: call.id, name: call.name, content: text });
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
    ...(question.choice === undefined ? {} : { toolChoice: 'any' as const }),
    ...(schema === undefined
      ? {}
      : {
          responseFormat: {
            type: 'json_schema' as const,
            jsonSchema: { name: 'answer', schemaDefinition: schema, strict: true },
          },
        }),
    ...(question.thinking === true ? { promptMode: 'reasoning' as const } : {}),
    ...(question.maxTokens === undefined ? {} : { maxTokens: question.maxTokens }),
    ...(question.stops === undefined ? {} : { stop: question.stops }),
  };
}

interface Draft {
  text: string;
  thinking: string;
  readonly calls: { id: string; name: string; text: string }[];
}

/** Content is text, or parts of text and thought. */
function readContent(draft: Draft, content: unknown): void {
  if (typeof content === 'string') draft.text += content;
  if (!Array.isArray(content)) return;
  for (const part of content as { type: string; text?: string; thinking?: { text: string }[] }[]) {
    draft.text += part.text ?? '';
    for (const thought of part.thinking ?? []) draft.thinking += thought.text;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function tell(draft: Draft, end: string | null | undefined, usage: ChatCompletionResponse['usage'] | undefined): Told {
  const toolCalls = draft.calls.map(({ id, name, text }) => ({ id, function: { name, arguments: text } }));
  const details =
    (usage as
      | { promptTokensDetails?: { cachedTokens?: number }; prompt_tokens_details?: { cached_tokens?: number } }
      | undefined) ?? {};
  return {
    text: draft.text,
    thinking: draft.thinking,
    calls: draft.calls.map(({ id, name, text }) => ({ id, name, arguments: JSON.parse(text) as unknown })),
    end: String(end),
    prompt: usage?.promptTokens ?? 0,
    output: usage?.completionTokens ?? 0,
    cacheRead: details.promptTokensDetails?.cachedTokens ?? details.prompt_tokens_details?.cached_tokens ?? 0,
    turn: { role: 'assistant', toolCalls, content: draft.text },
  };
}

function tellWhole(response: ChatCompletionResponse): Told {
  const [choice] = response.choices;
  const draft: Draft = { text: '', thinking: '', calls: [] };
  readContent(draft, choice?.message?.content);
  for (const call of choice?.message?.toolCalls ?? [])
    draft.calls.push({ id: call.id ?? '', name: call.function.name, text: textOf(call.function.arguments) });
  return tell(draft, choice?.finishReason, response.usage);
}

async function gather(events: AsyncIterable<CompletionEvent>): Promise<Told> {
  const draft: Draft = { text: '', thinking: '', calls: [] };
  for await (const { data } of events) {
    const [choice] = data.choices;
    readContent(draft, choice?.delta.content);
    for (const call of choice?.delta.toolCalls ?? []) {
      const known = draft.calls[call.index ?? 0];
      if (known === undefined)
        draft.calls.push({ id: call.id ?? '', name: call.function.name, text: textOf(call.function.arguments) });
      else known.text += textOf(call.function.arguments);
    }
    if (choice?.finishReason !== null && choice?.finishReason !== undefined) return tell(draft, choice.finishReason, data.usage);
  }
  throw new Error('The stream ended without a finish reason');
}

export const makeMistral: MakeDriver = (providers, wrongKey = false) => {
  const client = new Mistral({
    apiKey: wrongKey ? 'wrong' : providers.keys.mistral,
    serverURL: providers.url('mistral'),
    retryConfig: { strategy: 'none' },
  });
  return {
    provider: 'mistral',
    sdk: '@mistralai/mistralai',
    model: 'mistral-medium-latest',
    ask: async (question, steps) => tellWhole(await client.chat.complete(requestOf(question, steps))),
    stream: async (question, steps) => gather(await client.chat.stream(requestOf(question, steps))),
    readFailure: failureOf,
    ends: { stop: 'stop', length: 'length', stopSequence: 'stop', tools: 'tool_calls', refused: '' },
    refusal: 'words',
    wrongKey: 401,
    unknownModel: 400,
    skips: { 'overload-message': 'the SDK reports a chunk that does not fit its schema, not what it says' },
  };
};
