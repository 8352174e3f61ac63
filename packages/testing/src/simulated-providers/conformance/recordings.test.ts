import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject, type Json } from '../engine/json.js';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';
import { replay } from './replay.js';
import { commonShape, shapeOfAll } from './shape-of.js';

/** Where real answers lie, outside of the repository; without it nothing can be compared. */
const FOLDER = process.env.RECORDINGS_DIR;

interface Recorded {
  readonly whole: RegExp;
  readonly stream: RegExp;
  /** Shapes that no recording holds and the vendor's pages do. */
  readonly fromPages: readonly RegExp[];
}

const RECORDED: Readonly<Record<string, Recorded>> = {
  anthropic: {
    whole: /^anthropic\/anthropic-.*\.json$/,
    stream: /^anthropic\/.*\.chunks\.txt$/,
    fromPages: [/recommended_model: null$/, /output_tokens_details/],
  },
  gemini: {
    whole: /^google\/google-[rt].*\.json$/,
    stream: /^google\/google-.*\.chunks\.txt$/,
    fromPages: [/^\.promptFeedback/, /cachedContentTokenCount/, /\.thought: boolean$/],
  },
  bedrock: {
    whole: /^amazon-bedrock\/amazon-.*\.json$/,
    stream: /^amazon-bedrock\/.*\.chunks\.txt$/,
    fromPages: [/cache(Read|Write)InputTokens: number$/],
  },
  cohere: {
    whole: /^cohere\/cohere-.*\.json$/,
    stream: /^cohere\/.*\.chunks\.txt$/,
    fromPages: [/\.thinking: string$/],
  },
  mistral: {
    whole: /^mistral\/mistral-(text|reasoning)\.json$/,
    stream: /^mistral\/.*\.chunks\.txt$/,
    fromPages: [/\.prompt_tokens_details/, /\.tool_calls/],
  },
  'openai chat': {
    whole: /^(openai\/chat|deepseek|groq)\/.*\.json$/,
    stream: /^(openai\/chat|deepseek|groq)\/.*\.chunks\.txt$/,
    fromPages: [/\.refusal: string$/, /\.content: null$/],
  },
  'openai responses': {
    whole: /^(openai\/responses|azure)\/(?!openai-error).*\.json$/,
    stream: /^(openai\/responses|azure)\/.*\.chunks\.txt$/,
    fromPages: [
      /\.refusal: string$/,
      /incomplete_details/,
      /max_output_tokens: number$/,
      /instructions: string$/,
      /cache_write_tokens: number$/,
      /^\.name: string$/,
    ],
  },
};

const readLines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown);

function readRecorded(pattern: RegExp): readonly string[] {
  const names = readdirSync(FOLDER as string, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => pattern.test(name)).map((name) => readFileSync(join(FOLDER as string, name), 'utf8'));
}

let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders();
});
afterAll(() => providers.stop());

const missing = (from: ReadonlySet<string>, of: ReadonlySet<string>): readonly string[] =>
  [...of].filter((shape) => !from.has(shape));

describe.skipIf(FOLDER === undefined)('beside real recordings (skipped where RECORDINGS_DIR is not set)', () => {
  describe.each(Object.entries(RECORDED))('%s', (name, { whole, stream, fromPages }) => {
    const unknown = (shapes: readonly string[]) => shapes.filter((shape) => !fromPages.some((page) => page.test(shape)));

    test('a whole answer has what every real one has, and nothing that no real one has', async () => {
      const real = readRecorded(whole).map((text) => JSON.parse(text) as Json);
      expect(real.every(isObject)).toBe(true);
      const simulated = shapeOfAll(await replay(providers, 'ask', name));
      expect(missing(simulated, commonShape(real))).toEqual([]);
      expect(unknown(missing(shapeOfAll(real), simulated))).toEqual([]);
    });

    test('a stream has nothing that no real one has', async () => {
      const real = shapeOfAll(readRecorded(stream).flatMap(readLines));
      expect(unknown(missing(real, shapeOfAll(await replay(providers, 'stream', name))))).toEqual([]);
    });
  });
});
