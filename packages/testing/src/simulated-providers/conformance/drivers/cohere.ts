import { type Cohere, CohereClientV2 } from 'cohere-ai';
import { failureOf, type MakeDriver, type Question, type Step, type Told } from '../driver.js';

function requestOf(question: Question, steps: readonly Step[]): Cohere.V2ChatRequest {
  const { image, schema, tools } = question;
  const content: Cohere.Content[] = [
    { type: 'text', text: question.prompt },
    ...(image === undefined
      ? []
      : [{ type: 'image_url' as const, imageUrl: { url: `data:${image.mediaType};base64,${image.data}` } }]),
  ];
  const messages: Cohere.ChatMessages = [
    ...(question.system === undefined ? [] : [{ role: 'system' as const, content: question.system }]),
    { role: 'user', content },
  ];
  for (const step of steps) {
    messages.push(step.told.turn as Cohere.ChatMessageV2);
    for (const { call, text } of step.results) messages.push({ role: 'tool', toolCallId: call.id, content: text });
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
    ...(question.choice === undefined ? {} : { toolChoice: 'REQUIRED' }),
    ...(schema === undefined ? {} : { responseFormat: { type: 'json_object', jsonSchema: schema } }),
    ...(question.thinking === true ? { thinking: { type: 'enabled' } } : {}),
    ...(question.maxTokens === undefined ? {} : { maxTokens: question.maxTokens }),
    ...(question.stops === undefined ? {} : { stopSequences: question.stops }),
  };
}

interface Draft {
  text: string;
  thinking: string;
  plan: string;
  readonly calls: { readonly id: string; readonly name: string; text: string }[];
}

function tell(draft: Draft, end: string | undefined, usage: Cohere.Usage | undefined): Told {
  const toolCalls = draft.calls.map((call) => ({
    id: call.id,
    type: 'function' as const,
    function: { name: call.name, arguments: call.text },
  }));
  return {
    text: draft.text + draft.plan,
    thinking: draft.thinking,
    // A call without arguments says null.
    calls: draft.calls.map(({ id, name, text }) => ({ id, name, arguments: (JSON.parse(text) as unknown) ?? {} })),
    end: String(end),
    prompt: usage?.tokens?.inputTokens ?? 0,
    output: usage?.tokens?.outputTokens ?? 0,
    cacheRead: usage?.cachedTokens ?? 0,
    turn: { role: 'assistant', toolCalls, ...(draft.plan === '' ? {} : { toolPlan: draft.plan }) },
  };
}

function tellWhole(response: Cohere.V2ChatResponse): Told {
  const { message } = response;
  const draft: Draft = { text: '', thinking: '', plan: message.toolPlan ?? '', calls: [] };
  for (const part of message.content ?? []) {
    if (part.type === 'text') draft.text += part.text;
    else draft.thinking += part.thinking;
  }
  for (const call of message.toolCalls ?? [])
    draft.calls.push({ id: call.id, name: call.function?.name ?? '', text: call.function?.arguments ?? '' });
  return tell(draft, response.finishReason, response.usage);
}

async function gather(events: AsyncIterable<Cohere.V2ChatStreamResponse>): Promise<Told> {
  const draft: Draft = { text: '', thinking: '', plan: '', calls: [] };
  for await (const event of events) {
    switch (event.type) {
      case 'content-delta':
        draft.text += event.delta?.message?.content?.text ?? '';
        draft.thinking += event.delta?.message?.content?.thinking ?? '';
        break;
      case 'tool-plan-delta':
        draft.plan += event.delta?.message?.toolPlan ?? '';
        break;
      case 'tool-call-start': {
        const call = event.delta?.message?.toolCalls;
        draft.calls.push({ id: call?.id ?? '', name: call?.function?.name ?? '', text: call?.function?.arguments ?? '' });
        break;
      }
      case 'tool-call-delta': {
        const last = draft.calls.at(-1);
        if (last !== undefined) last.text += event.delta?.message?.toolCalls?.function?.arguments ?? '';
        break;
      }
      case 'message-end':
        if (event.delta?.finishReason === 'ERROR') throw new Error(event.delta.error ?? 'ERROR');
        return tell(draft, event.delta?.finishReason, event.delta?.usage);
      default:
    }
  }
  throw new Error('The stream ended without message-end');
}

export const makeCohere: MakeDriver = (providers, wrongKey = false) => {
  const client = new CohereClientV2({ token: wrongKey ? 'wrong' : providers.keys.cohere, environment: providers.url('cohere') });
  const options = { maxRetries: 0 };
  return {
    provider: 'cohere',
    sdk: 'cohere-ai',
    model: 'command-a-03-2025',
    ask: async (question, steps) => tellWhole(await client.chat(requestOf(question, steps), options)),
    stream: async (question, steps) => gather(await client.chatStream(requestOf(question, steps), options)),
    readFailure: failureOf,
    ends: { stop: 'COMPLETE', length: 'MAX_TOKENS', stopSequence: 'STOP_SEQUENCE', tools: 'TOOL_CALL', refused: '' },
    refusal: 'words',
    wrongKey: 401,
    unknownModel: 404,
    skips: {},
  };
};
