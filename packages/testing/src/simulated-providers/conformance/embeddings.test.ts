import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CohereClientV2 } from 'cohere-ai';
import { Ollama } from 'ollama';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';

let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders();
});
afterAll(() => providers.stop());

const TEXTS = ['a cat on a mat', 'stocks and bonds', 'the cat and the mat'];
type Vectors = readonly (readonly number[])[];

const post = async (provider: string, path: string, token: string, body: object): Promise<unknown> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${providers.url(provider)}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};

const EMBEDDERS: Readonly<Record<string, () => Promise<Vectors>>> = {
  // The SDK asks for base64 and unpacks it.
  async openai() {
    const client = new OpenAI({ baseURL: `${providers.url('openai')}/v1`, apiKey: providers.keys.openai, maxRetries: 0 });
    const { data, usage } = await client.embeddings.create({ model: 'text-embedding-3-small', input: TEXTS });
    expect(usage.total_tokens).toBe(usage.prompt_tokens);
    return data.map(({ embedding }) => embedding);
  },
  async 'azure-openai'() {
    const client = new AzureOpenAI({
      endpoint: providers.url('azure-openai'),
      apiKey: providers.keys.azure,
      apiVersion: '2024-10-21',
    });
    const { data } = await client.embeddings.create({ model: 'text-embedding-3-small', input: TEXTS, dimensions: 64 });
    return data.map(({ embedding }) => embedding);
  },
  async cohere() {
    const client = new CohereClientV2({ token: providers.keys.cohere, environment: providers.url('cohere') });
    const { embeddings } = await client.embed({
      model: 'embed-v4.0',
      texts: TEXTS,
      inputType: 'search_document',
      embeddingTypes: ['float'],
    });
    return embeddings.float ?? [];
  },
  async mistral() {
    const client = new Mistral({ apiKey: providers.keys.mistral, serverURL: providers.url('mistral') });
    const { data } = await client.embeddings.create({ model: 'mistral-embed', inputs: TEXTS });
    return data.map(({ embedding }) => embedding ?? []);
  },
  async gemini() {
    const client = new GoogleGenAI({ apiKey: providers.keys.gemini, httpOptions: { baseUrl: providers.url('gemini') } });
    const { embeddings } = await client.models.embedContent({ model: 'gemini-embedding-001', contents: TEXTS });
    return (embeddings ?? []).map(({ values }) => values ?? []);
  },
  async ollama() {
    const { embeddings } = await new Ollama({ host: providers.url('ollama') }).embed({ model: 'nomic-embed-text', input: TEXTS });
    return embeddings;
  },
  async bedrock() {
    const { aws } = providers.keys;
    const client = new BedrockRuntimeClient({
      region: aws.region,
      endpoint: providers.url('bedrock'),
      credentials: { accessKeyId: aws.accessKeyId, secretAccessKey: aws.secretAccessKey },
      requestHandler: new NodeHttpHandler(),
    });
    const embed = async (inputText: string): Promise<readonly number[]> => {
      const body = JSON.stringify({ inputText, dimensions: 256 });
      const answer = await client.send(
        new InvokeModelCommand({ modelId: 'amazon.titan-embed-text-v2:0', body, contentType: 'application/json' }),
      );
      return (JSON.parse(new TextDecoder().decode(answer.body)) as { embedding: number[] }).embedding;
    };
    return Promise.all(TEXTS.map(embed));
  },
  async vertex() {
    const path = '/v1/projects/p/locations/us-central1/publishers/google/models/text-embedding-005:predict';
    const answer = await post('vertex', path, providers.keys.vertex, { instances: TEXTS.map((content) => ({ content })) });
    return (answer as { predictions: { embeddings: { values: number[] } }[] }).predictions.map(
      ({ embeddings }) => embeddings.values,
    );
  },
  async voyage() {
    const answer = await post('voyage', '/v1/embeddings', providers.keys.voyage, {
      model: 'voyage-3.5',
      input: TEXTS,
      input_type: 'document',
    });
    return (answer as { data: { embedding: number[] }[] }).data.map(({ embedding }) => embedding);
  },
};

const dot = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

describe('embeddings', () => {
  test.for(Object.entries(EMBEDDERS))('%s: of length 1, and alike texts lie closer', async ([, embed]) => {
    const [cat, stocks, mat] = (await embed()) as [number[], number[], number[]];
    expect(dot(cat, cat)).toBeCloseTo(1, 3);
    expect(dot(cat, mat)).toBeGreaterThan(dot(cat, stocks));
  });
});

interface RankedPlace {
  readonly index: number;
  readonly score: number;
}

const RANKERS: Readonly<Record<string, () => Promise<readonly RankedPlace[]>>> = {
  async cohere() {
    const client = new CohereClientV2({ token: providers.keys.cohere, environment: providers.url('cohere') });
    const { results } = await client.rerank({ model: 'rerank-v3.5', query: 'cat mat', documents: TEXTS, topN: 2 });
    return results.map(({ index, relevanceScore }) => ({ index, score: relevanceScore }));
  },
  async voyage() {
    const body = { model: 'rerank-2.5', query: 'cat mat', documents: TEXTS, top_k: 2 };
    const answer = (await post('voyage', '/v1/rerank', providers.keys.voyage, body)) as {
      data: { index: number; relevance_score: number }[];
    };
    return answer.data.map(({ index, relevance_score }) => ({ index, score: relevance_score }));
  },
  async bedrock() {
    const sources = TEXTS.map((text) => ({ type: 'INLINE', inlineDocumentSource: { type: 'TEXT', textDocument: { text } } }));
    const modelConfiguration = { modelArn: 'arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0' };
    const rerankingConfiguration = {
      type: 'BEDROCK_RERANKING_MODEL',
      bedrockRerankingConfiguration: { numberOfResults: 2, modelConfiguration },
    };
    const body = { queries: [{ type: 'TEXT', textQuery: { text: 'cat mat' } }], sources, rerankingConfiguration };
    const answer = (await post('bedrock', '/rerank', providers.keys.aws.apiKey, body)) as {
      results: { index: number; relevanceScore: number }[];
    };
    return answer.results.map(({ index, relevanceScore }) => ({ index, score: relevanceScore }));
  },
};

describe('reranking', () => {
  test.for(Object.entries(RANKERS))('%s: the nearest first, no more than asked for', async ([, rank]) => {
    const [first, second, third] = await rank();
    expect([first?.index, second?.index, third]).toEqual([0, 2, undefined]);
    expect(first?.score).toBeGreaterThanOrEqual(second?.score ?? 1);
  });
});
