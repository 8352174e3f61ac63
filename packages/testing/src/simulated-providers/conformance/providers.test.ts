import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outputTotal, promptTotal } from '../meaning/reply.js';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';
import type { Driver, OfferedTool, Question, Step, Told } from './driver.js';
import { MAKERS } from './makers.js';

const tool = (name: string, properties: Record<string, unknown> = {}): OfferedTool => ({
  name,
  schema: { type: 'object', properties, required: Object.keys(properties) },
});
const TOOLS = [tool('weather', { city: { type: 'string' } }), tool('now'), tool('step', { n: { type: 'number' } })];
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, count: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
  required: ['name', 'count', 'tags'],
  additionalProperties: false,
};
const LONG = 'You are a careful assistant that answers in few words. '.repeat(4);

type Scenario = (
  run: (question: Omit<Question, 'model'>, steps?: readonly Step[]) => Promise<Told>,
  driver: Driver,
) => Promise<void>;

const answer = (told: Told, text: string): Step => ({ told, results: told.calls.map((call) => ({ call, text })) });
const withoutIds = (told: Told) => told.calls.map(({ name, arguments: args }) => ({ name, arguments: args }));

/** Each is asked twice of every provider: whole and as a stream. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  async text(run, { ends }) {
    const told = await run({ prompt: '@say Grüße, 世界 and all 🌍 the rest.', system: 'Be kind.' });
    expect(told).toMatchObject({ text: 'Grüße, 世界 and all 🌍 the rest.', end: ends.stop, calls: [] });
  },
  async tool(run, { ends }) {
    const told = await run({ prompt: '@call weather {"city":"Tromsø \\"north\\""}', tools: TOOLS });
    expect(withoutIds(told)).toEqual([{ name: 'weather', arguments: { city: 'Tromsø "north"' } }]);
    expect(told.end).toBe(ends.tools);
  },
  async 'tool-after-text'(run) {
    const told = await run({ prompt: '@say Let me look.\n@call weather {"city":"Oslo"}', tools: TOOLS });
    expect(told.text).toBe('Let me look.');
    expect(withoutIds(told)).toEqual([{ name: 'weather', arguments: { city: 'Oslo' } }]);
  },
  async 'parallel-tools'(run) {
    const told = await run({ prompt: '@call weather {"city":"Oslo"}\n@call weather {"city":"Bergen"}\n@call now', tools: TOOLS });
    expect(withoutIds(told)).toEqual([
      { name: 'weather', arguments: { city: 'Oslo' } },
      { name: 'weather', arguments: { city: 'Bergen' } },
      { name: 'now', arguments: {} },
    ]);
  },
  async 'tool-without-arguments'(run) {
    expect(withoutIds(await run({ prompt: '@call now', tools: TOOLS }))).toEqual([{ name: 'now', arguments: {} }]);
  },
  async 'tool-result'(run, { ends }) {
    const question = { prompt: '@call weather {"city":"Oslo"}\n@call now', tools: TOOLS };
    const called = await run(question);
    const told = await run(question, [answer(called, 'rain, 4 °C')]);
    expect(told.text).toBe('weather said: rain, 4 °C\nnow said: rain, 4 °C');
    expect(told.end).toBe(ends.stop);
  },
  async 'tool-loop'(run) {
    const question = { prompt: '@loop 5 step {"n":1}', tools: TOOLS };
    const steps: Step[] = [];
    for (let told = await run(question); told.calls.length > 0; told = await run(question, steps))
      steps.push(answer(told, `step ${steps.length}`));
    expect(steps).toHaveLength(5);
  },
  async 'forced-tool'(run) {
    const told = await run({ prompt: 'hello', tools: TOOLS, choice: 'any' });
    expect(withoutIds(told)).toEqual([{ name: 'weather', arguments: { city: 'amber' } }]);
  },
  async schema(run) {
    const told = await run({ prompt: 'Give me the json', schema: SCHEMA });
    expect(JSON.parse(told.text)).toEqual({ name: 'amber', count: 7, tags: ['amber'] });
  },
  async 'thinking-shown'(run) {
    const told = await run({ prompt: '@think First this, then that.\n@say Done.', thinking: true });
    expect(told).toMatchObject({ thinking: 'First this, then that.', text: 'Done.' });
  },
  async 'thinking-replayed'(run) {
    const question = { prompt: '@think Ask the sky.\n@call weather {"city":"Oslo"}', tools: TOOLS, thinking: true };
    const called = await run(question);
    expect((await run(question, [answer(called, 'sun')])).text).toBe('weather said: sun');
  },
  async 'redacted-thinking-replayed'(run) {
    const question = { prompt: '@redact\n@think Ask the sky.\n@call weather {"city":"Oslo"}', tools: TOOLS, thinking: true };
    const called = await run(question);
    expect((await run(question, [answer(called, 'sun')])).text).toBe('weather said: sun');
  },
  async image(run) {
    const told = await run({ prompt: 'What is this?', image: { mediaType: 'image/png', data: PNG } });
    expect(told.text).toContain(`I see image/png of ${Buffer.from(PNG, 'base64').length} bytes.`);
  },
  async 'max-tokens'(run, { ends }) {
    const told = await run({ prompt: '@words 100', maxTokens: 16 });
    expect(told).toMatchObject({ end: ends.length, output: 16 });
  },
  async 'stop-sequence'(run, { ends }) {
    const told = await run({ prompt: '@say one two STOP three', stops: ['STOP', 'never'] });
    expect(told).toMatchObject({ text: 'one two ', end: ends.stopSequence });
  },
  async cached(run) {
    const told = await run({ prompt: '@cached 20\n@say Yes.', system: LONG, cache: true });
    expect(told.cacheRead).toBe(20);
  },
  async drip(run) {
    expect((await run({ prompt: '@say Slowly but surely, piece by piece.' })).text).toBe('Slowly but surely, piece by piece.');
  },
};

let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders();
});
afterAll(() => providers.stop());

describe.each(Object.entries(MAKERS))('%s', (_, make) => {
  let driver: Driver;
  beforeAll(() => {
    driver = make(providers);
  });
  describe.each(['ask', 'stream'] as const)('%s', (how) => {
    test.for(Object.entries(SCENARIOS))('%s', async ([name, scenario], { skip }) => {
      const reason = driver.skips[name];
      if (reason !== undefined) skip(reason);
      if (name === 'drip') providers.arm(driver.provider, 'drip-5b-1ms');
      await scenario(async (question, steps = []) => {
        const told = await driver[how]({ model: driver.model, ...question }, steps);
        const entry = providers.ledger.entries.at(-1);
        expect(entry).toMatchObject({ provider: driver.provider, status: 200, stream: how === 'stream' });
        // What the SDK counts is what the provider says it used, to the token.
        expect([told.prompt, told.output]).toEqual([promptTotal(entry?.usage as never), outputTotal(entry?.usage as never)]);
        return told;
      }, driver);
    });
  });
});
