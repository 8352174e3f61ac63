import type { SimulatedProviders } from '../server.js';
import { decodeEvents } from './decode-events.js';
import type { Question } from './driver.js';
import { MAKERS } from './makers.js';

const TOOLS = [
  { name: 'weather', schema: { type: 'object' as const, properties: { city: { type: 'string' } } } },
  { name: 'now', schema: { type: 'object' as const, properties: {} } },
];
const QUESTIONS: readonly Omit<Question, 'model'>[] = [
  { prompt: '@say Hello there.' },
  { prompt: '@say Let me see.\n@call weather {"city":"Oslo"}\n@call now', tools: TOOLS },
  { prompt: '@think First this.\n@say Then that.', thinking: true },
  { prompt: '@words 50', maxTokens: 16 },
  { prompt: '@refuse' },
  { prompt: '@cached 9\n@say Yes.', system: 'You answer in few words. '.repeat(9), cache: true },
];

/** What the SDK asked is asked once more by hand, for the bytes that it was told. */
export async function replay(providers: SimulatedProviders, how: 'ask' | 'stream', name: string): Promise<readonly unknown[]> {
  const driver = MAKERS[name]?.(providers);
  if (driver === undefined) throw new Error(`There is no ${name}`);
  const told: unknown[] = [];
  for (const question of QUESTIONS) {
    await driver[how]({ model: driver.model, ...question }, []);
    const entry = providers.ledger.entries.at(-1);
    if (entry === undefined) throw new Error('No entry');
    const { 'content-length': _, connection: __, ...headers } = entry.headers ?? {};
    const bearer = driver.provider === 'bedrock' ? { authorization: `Bearer ${providers.keys.aws.apiKey}` } : {};
    const answer = await fetch(providers.url(driver.provider) + entry.path, {
      method: 'POST',
      headers: { ...headers, ...bearer },
      body: JSON.stringify(entry.body),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (how === 'ask') told.push(JSON.parse(bytes.toString('utf8')));
    else if (driver.provider === 'bedrock') told.push(...decodeEvents(bytes));
    else for (const [, json] of bytes.toString('utf8').matchAll(/^data: (\{.*\})\r?$/gm)) told.push(JSON.parse(json as string));
  }
  return told;
}
