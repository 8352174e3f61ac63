import { spoilEvent } from '../aws/encode-event.js';
import { verifySignature } from '../aws/verify-signature.js';
import { readBearer } from '../engine/check-bearer.js';
import { isObject, objectsOf, textOf } from '../engine/json.js';
import { Refusal, refuse } from '../engine/refusal.js';
import { type Action, type Call, type ChatFormat, frame, type PlainResult, type Vendor } from '../engine/vendor.js';
import { countText } from '../meaning/count-tokens.js';
import { embedText } from '../vectors/embed-text.js';
import { rankDocuments } from '../vectors/rank-documents.js';
import { readConverse } from './read-converse.js';
import { converseEvent, writeConverse, writeConverseFrames } from './write-converse.js';
import { writeAwsErrorFrame, writeAwsRefusal } from './write-refusal.js';

const converse = (model: string, stream: boolean): ChatFormat => ({
  read: (call) => readConverse(call, model, stream),
  writeWhole: writeConverse,
  writeFrames: writeConverseFrames,
  writeErrorFrame: writeAwsErrorFrame,
  streamType: () => 'application/vnd.amazon.eventstream',
  malformedFrame: frame(
    spoilEvent(converseEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'spoilt' } }).bytes as Buffer),
  ),
});

/** InvokeModel of Amazon Titan Text Embeddings: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
function embedTitan(call: Call, model: string): PlainResult {
  const text = textOf(call.body?.inputText);
  if (text === '') refuse('Malformed input request: expected minLength: 1, actual: 0, please reformat your input and try again.');
  const dimensions = typeof call.body?.dimensions === 'number' ? call.body.dimensions : 1024;
  if (![256, 512, 1024].includes(dimensions)) refuse('Malformed input request: #/dimensions: must be one of 256, 512, 1024');
  const tokens = countText(text);
  const embedding = embedText(text, dimensions);
  return {
    body: { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: tokens },
    model,
    promptTokens: tokens,
  };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html */
function rerank(call: Call): PlainResult {
  const [question] = objectsOf(call.body?.queries);
  const query = isObject(question?.textQuery) ? textOf(question.textQuery.text) : '';
  if (query === '')
    refuse("1 validation error detected: Value at 'queries' failed to satisfy constraint: Member must not be null");
  const documents = objectsOf(call.body?.sources).map((source) => {
    const inline = isObject(source.inlineDocumentSource)
      ? source.inlineDocumentSource
      : refuse('sources.inlineDocumentSource is missing');
    return isObject(inline.textDocument) ? textOf(inline.textDocument.text) : JSON.stringify(inline.jsonDocument ?? null);
  });
  const outer = isObject(call.body?.rerankingConfiguration)
    ? call.body.rerankingConfiguration
    : refuse('rerankingConfiguration is missing');
  const config = isObject(outer.bedrockRerankingConfiguration) ? outer.bedrockRerankingConfiguration : {};
  const model = isObject(config.modelConfiguration) ? textOf(config.modelConfiguration.modelArn) : '';
  if (!model.startsWith('arn:aws:bedrock:')) refuse('The provided model ARN is invalid.');
  const top = typeof config.numberOfResults === 'number' ? config.numberOfResults : documents.length;
  const results = rankDocuments(query, documents, top).map(({ index, score }) => ({ index, relevanceScore: score }));
  return { body: { results }, model, promptTokens: countText(query) };
}

function route(call: Call): Action | null {
  if (call.method !== 'POST') return null;
  if (call.path === '/rerank') return { kind: 'plain', run: rerank };
  const [, encoded = '', operation] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(call.path) ?? [];
  const model = decodeURIComponent(encoded);
  if (model.endsWith('-404')) throw new Refusal('invalid', 'The provided model identifier is invalid.');
  switch (operation) {
    case 'converse':
    case 'converse-stream':
      return { kind: 'chat', format: converse(model, operation === 'converse-stream') };
    case 'invoke':
      return { kind: 'plain', run: () => embedTitan(call, model) };
    default:
      throw new Refusal('not_found', 'Unknown Operation', { type: 'UnknownOperationException' });
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/welcome.html */
export const BEDROCK: Vendor = {
  name: 'bedrock',
  hosts: ['.amazonaws.com'],
  route,
  authorize(call) {
    const key = readBearer(call);
    if (key === null) verifySignature(call, 'bedrock');
    else if (key !== call.keys.aws.apiKey)
      throw new Refusal('forbidden', 'Authentication failed: Please make sure your API Key is valid.');
  },
  troubles: {
    'context-window': () => new Refusal('invalid', 'Input is too long for requested model.'),
    quota: () => new Refusal('rate_limited', 'Too many tokens per day, please wait before trying again.'),
  },
  writeRefusal: writeAwsRefusal,
  headers: (call) => ({ 'x-amzn-requestid': call.id }),
};
