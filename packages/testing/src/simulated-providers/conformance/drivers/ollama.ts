import { type ChatRequest, type ChatResponse, type Message, Ollama } from 'ollama';
import type { MakeDriver, Question, Step, Told } from '../driver.js';

function requestOf(question: Question, steps: readonly Step[]): ChatRequest {
  const { image, schema, tools } = question;
  const messages: Message[] = [
    ...(question.system === undefined ? [] : [{ role: 'system', content: question.system }]),
    { role: 'user', content: question.prompt, ...(image === undefined ? {} : { images: [image.data] }) },
  ];
  for (const step of steps) {
    messages.push(step.told.turn as Message);
    for (const { call, text } of step.results) messages.push({ role: 'tool', tool_name: call.name, content: text });
  }
  return {
    model: question.model,
    messages,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map((tool) => ({ type: 'function', function: { name: tool.name, parameters: tool.schema as never } })),
        }),
    ...(schema === undefined ? {} : { format: schema }),
    ...(question.thinking === true ? { think: true } : {}),
    options: {
      ...(question.maxTokens === undefined ? {} : { num_predict: question.maxTokens }),
      ...(question.stops === undefined ? {} : { stop: question.stops }),
    },
  };
}

function tell(responses: readonly ChatResponse[]): Told {
  const last = responses.at(-1);
  if (last?.done !== true) throw new Error('The stream ended without its last line');
  const calls = responses.flatMap(({ message }) => message.tool_calls ?? []);
  const text = responses.map(({ message }) => message.content).join('');
  return {
    text,
    thinking: responses.map(({ message }) => message.thinking ?? '').join(''),
    calls: calls.map((call) => ({ id: call.function.name, name: call.function.name, arguments: call.function.arguments })),
    end: calls.length > 0 ? 'calls' : last.done_reason,
    prompt: last.prompt_eval_count,
    output: last.eval_count,
    cacheRead: 0,
    turn: { role: 'assistant', content: text, tool_calls: calls },
  };
}

export const makeOllama: MakeDriver = (providers) => {
  const client = new Ollama({ host: providers.url('ollama') });
  return {
    provider: 'ollama',
    sdk: 'ollama',
    model: 'qwen3',
    ask: async (question, steps) => tell([await client.chat({ ...requestOf(question, steps), stream: false })]),
    stream: async (question, steps) => {
      const responses: ChatResponse[] = [];
      for await (const response of await client.chat({ ...requestOf(question, steps), stream: true })) responses.push(response);
      return tell(responses);
    },
    readFailure(error) {
      const fields = error as { status_code?: number; message?: string };
      return { status: fields.status_code ?? null, message: String(fields.message) };
    },
    ends: { stop: 'stop', length: 'length', stopSequence: 'stop', tools: 'calls', refused: '' },
    refusal: 'words',
    wrongKey: 0,
    unknownModel: 404,
    skips: {
      'malformed-2': 'the SDK passes over a line that is no JSON',
      'wrong-key': 'it asks for none unless told to',
      'forced-tool': 'the format cannot force a tool',
      cached: 'the format does not tell cached tokens apart',
    },
  };
};
