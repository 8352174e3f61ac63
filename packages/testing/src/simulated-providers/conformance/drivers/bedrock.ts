import {
  BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type Message,
  type TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { MakeDriver, Question, Step, Told } from '../driver.js';

function inputOf(question: Question, steps: readonly Step[]): ConverseCommandInput {
  const { image, schema, tools } = question;
  const content: ContentBlock[] = [
    { text: question.prompt },
    ...(image === undefined ? [] : [{ image: { format: 'png' as const, source: { bytes: Buffer.from(image.data, 'base64') } } }]),
  ];
  const messages: Message[] = [{ role: 'user', content }];
  for (const step of steps) {
    messages.push({ role: 'assistant', content: step.told.turn as ContentBlock[] });
    messages.push({
      role: 'user',
      content: step.results.map(({ call, text }) => ({ toolResult: { toolUseId: call.id, content: [{ text }] } })),
    });
  }
  return {
    modelId: question.model,
    messages,
    ...(question.system === undefined
      ? {}
      : {
          system: [{ text: question.system }, ...(question.cache === true ? [{ cachePoint: { type: 'default' as const } }] : [])],
        }),
    ...(tools === undefined
      ? {}
      : {
          toolConfig: {
            tools: tools.map((tool) => ({ toolSpec: { name: tool.name, inputSchema: { json: tool.schema as never } } })),
            ...(question.choice === undefined ? {} : { toolChoice: { any: {} } }),
          },
        }),
    ...(schema === undefined
      ? {}
      : {
          outputConfig: {
            textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'answer', schema: JSON.stringify(schema) } } },
          },
        }),
    ...(question.thinking === true
      ? { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } }
      : {}),
    inferenceConfig: {
      ...(question.maxTokens === undefined ? {} : { maxTokens: question.maxTokens }),
      ...(question.stops === undefined ? {} : { stopSequences: question.stops }),
    },
  };
}

function tell(content: readonly ContentBlock[], end: string | undefined, usage: TokenUsage | undefined): Told {
  return {
    text: content.map((block) => block.text ?? '').join(''),
    thinking: content.map((block) => block.reasoningContent?.reasoningText?.text ?? '').join(''),
    calls: content.flatMap(({ toolUse }) =>
      toolUse === undefined
        ? []
        : [{ id: toolUse.toolUseId ?? '', name: toolUse.name ?? '', arguments: toolUse.input as unknown }],
    ),
    end: String(end),
    prompt: (usage?.inputTokens ?? 0) + (usage?.cacheReadInputTokens ?? 0) + (usage?.cacheWriteInputTokens ?? 0),
    output: usage?.outputTokens ?? 0,
    cacheRead: usage?.cacheReadInputTokens ?? 0,
    turn: content,
  };
}

interface Draft {
  text?: string;
  thinking?: string;
  signature?: string;
  redacted?: Uint8Array;
  tool?: { readonly id: string; readonly name: string; input: string };
}

const finish = ({ text, thinking, signature, redacted, tool }: Draft): ContentBlock => {
  if (redacted !== undefined) return { reasoningContent: { redactedContent: redacted } };
  if (tool !== undefined)
    return {
      toolUse: { toolUseId: tool.id, name: tool.name, input: JSON.parse(tool.input === '' ? '{}' : tool.input) as never },
    };
  if (thinking !== undefined)
    return { reasoningContent: { reasoningText: { text: thinking, ...(signature === undefined ? {} : { signature }) } } };
  return { text: text ?? '' };
};

/** The SDK hands over events; putting them together is the caller's work. */
async function gather(events: AsyncIterable<ConverseStreamOutput>): Promise<Told> {
  const drafts: Draft[] = [];
  let end: string | undefined;
  let usage: TokenUsage | undefined;
  for await (const event of events) {
    const start = event.contentBlockStart;
    const toolStart = start?.start?.toolUse;
    if (toolStart !== undefined)
      drafts[start?.contentBlockIndex ?? 0] = { tool: { id: toolStart.toolUseId ?? '', name: toolStart.name ?? '', input: '' } };
    const delta = event.contentBlockDelta?.delta;
    if (delta !== undefined) {
      const index = event.contentBlockDelta?.contentBlockIndex ?? 0;
      const draft = drafts[index] ?? {};
      drafts[index] = draft;
      if (delta.text !== undefined) draft.text = (draft.text ?? '') + delta.text;
      if (delta.toolUse !== undefined && draft.tool !== undefined) draft.tool.input += delta.toolUse.input ?? '';
      if (delta.reasoningContent?.text !== undefined) draft.thinking = (draft.thinking ?? '') + delta.reasoningContent.text;
      if (delta.reasoningContent?.redactedContent !== undefined) draft.redacted = delta.reasoningContent.redactedContent;
      if (delta.reasoningContent?.signature !== undefined) draft.signature = delta.reasoningContent.signature;
    }
    end = event.messageStop?.stopReason ?? end;
    usage = event.metadata?.usage ?? usage;
  }
  if (end === undefined) throw new Error('The stream ended without messageStop');
  return tell(drafts.map(finish), end, usage);
}

export const makeBedrock: MakeDriver = (providers, wrongKey = false) => {
  const { aws } = providers.keys;
  const client = new BedrockRuntimeClient({
    region: aws.region,
    endpoint: providers.url('bedrock'),
    credentials: { accessKeyId: aws.accessKeyId, secretAccessKey: wrongKey ? 'wrong' : aws.secretAccessKey },
    maxAttempts: 1,
    // By default it would speak HTTP/2, which the simulation does not.
    requestHandler: new NodeHttpHandler(),
  });
  return {
    provider: 'bedrock',
    sdk: '@aws-sdk/client-bedrock-runtime',
    model: 'anthropic.claude-opus-5-v1:0',
    ask: async (question, steps) => {
      const answer = await client.send(new ConverseCommand(inputOf(question, steps)));
      return tell(answer.output?.message?.content ?? [], answer.stopReason, answer.usage);
    },
    stream: async (question, steps) => {
      const answer = await client.send(new ConverseStreamCommand(inputOf(question, steps)));
      if (answer.stream === undefined) throw new Error('No stream');
      return gather(answer.stream);
    },
    readFailure(error) {
      const fields = error as { $metadata?: { httpStatusCode?: number }; message?: string };
      return { status: fields.$metadata?.httpStatusCode ?? null, message: String(fields.message) };
    },
    ends: {
      stop: 'end_turn',
      length: 'max_tokens',
      stopSequence: 'stop_sequence',
      tools: 'tool_use',
      refused: 'content_filtered',
    },
    refusal: 'end',
    wrongKey: 403,
    unknownModel: 400,
    skips: {},
  };
};
