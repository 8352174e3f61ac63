import { readFile } from 'node:fs/promises';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import { NO_USAGE, type Price, PriceSchema } from '@tollgate/contracts';
import { priceUsage } from '@tollgate/policy';
import { PROVIDERS } from '@tollgate/providers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalOf } from './decimal-of.js';
import { knownModels } from './known-models.js';
import { modalitiesOfRates, TEXT_ONLY } from './modalities-of-rates.js';
import { modelsOfVendor } from './models-of-vendor.js';
import { ratesAt } from './price-at.js';
import { priceOfRates } from './price-of-rates.js';
import { vendorTableUrl } from './vendor-table.js';
import { writeVendorTable } from './write-vendor-table.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const priced = [...new Set(PROVIDERS.flatMap((row) => (row.pricesId === null ? [] : [row.pricesId])))];
/** Those whose models hold conversations. */
const conversing = PROVIDERS.filter((row) => row.pricesId !== null && row.kind !== 'retrieval');

test('the files of the vendors are what the package says', async () => {
  const manifest = new URL('../package.json', import.meta.resolve('@pydantic/genai-prices'));
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  for (const pricesId of priced) {
    const provider = findProvider({ providerId: pricesId });
    expect(provider && writeVendorTable(provider, version), pricesId).toBe(await readFile(vendorTableUrl(pricesId), 'utf8'));
  }
});

describe('knownModels', () => {
  test('every price is valid and every name is there once', async () => {
    for (const { name, pricesId } of conversing) {
      const models = await modelsOfVendor(name, pricesId, NOW);
      expect(models.length, name).toBeGreaterThan(2);
      expect(new Set(models.map((model) => model.upstreamModel)).size).toBe(models.length);
      for (const { price } of models) if (price !== null) expect(PriceSchema.safeParse(price).error).toBeUndefined();
    }
  });

  test('more than a hundred models are known with a price and a context, at least ten of each large vendor', async () => {
    const counts = new Map<string, number>();
    for (const { name, pricesId } of conversing) {
      const models = await modelsOfVendor(name, pricesId, NOW);
      counts.set(
        name,
        models.filter(({ listed, price, contextTokens }) => listed && price !== null && contextTokens !== null).length,
      );
    }
    const withoutAggregators = [...counts].filter(([name]) => name !== 'openrouter').reduce((sum, [, count]) => sum + count, 0);
    expect(withoutAggregators).toBeGreaterThanOrEqual(100);
    for (const name of ['openai', 'anthropic', 'gemini', 'bedrock']) expect(counts.get(name), name).toBeGreaterThanOrEqual(10);
  });

  test('a row that shares its table with others takes its own models only', async () => {
    const names = async (name: string) => (await modelsOfVendor(name, 'google', NOW)).map((model) => model.upstreamModel);
    expect((await names('gemini')).filter((name) => name.startsWith('claude'))).toEqual([]);
    expect((await names('vertex')).filter((name) => !name.startsWith('gemini'))).toEqual(['*']);
  });

  test('our price of a call is what the package itself calculates, for every model', async () => {
    const usage = { ...NO_USAGE, input: 300_000, cacheRead: 12_345, output: 4_321 };
    const theirs = { input_tokens: 312_345, cache_read_tokens: 12_345, output_tokens: 4_321 };
    let compared = 0;
    for (const pricesId of priced) {
      const known = await knownModels(pricesId, NOW);
      for (const model of findProvider({ providerId: pricesId })?.models ?? []) {
        const ours = known.find(({ upstreamModel }) => upstreamModel === model.id)?.price;
        if (ours == null || ours.perRequest !== null || ours.input === '0') continue;
        const calculated = calcPrice(theirs, model.id, { providerId: pricesId, timestamp: NOW });
        // Several entries may claim one name by pattern; the package then takes another one than the entry of that id.
        if (calculated?.model.id !== model.id) continue;
        compared += 1;
        expect(Number(priceUsage(ours, usage).amount), `${pricesId}/${model.id}`).toBeCloseTo(calculated.total_price, 9);
      }
      if (pricesId === 'openai') expect(compared).toBeGreaterThan(30);
    }
  }, 60_000);

  test('a known model to the last decimal', async () => {
    const price = (await knownModels('openai', NOW)).find((model) => model.upstreamModel === 'gpt-4o-mini')?.price as Price;
    expect([price.input, price.cacheRead, price.output]).toEqual(['0.15', '0.075', '0.6']);
    expect(priceUsage(price, { ...NO_USAGE, input: 1, cacheRead: 1, output: 1 }).amount).toBe('0.000000825');
  });

  test('a dated name of a known model has its price and is not listed', async () => {
    const models = new Map((await knownModels('openai', NOW)).map((model) => [model.upstreamModel, model]));
    const dated = models.get('gpt-5.4-2026-03-05');
    expect(dated?.price).toEqual(models.get('gpt-5.4')?.price);
    expect(dated?.listed).toBe(false);
  });

  test('the wildcard and a vendor that the table does not know have no price', async () => {
    expect((await knownModels('openai', NOW)).at(-1)).toMatchObject({ upstreamModel: '*', price: null, listed: false });
    expect(await knownModels(null, NOW)).toHaveLength(1);
  });

  test('models of other endpoints are not offered as chat', async () => {
    const names = (await knownModels('openai', NOW)).map((model) => model.upstreamModel);
    for (const name of ['text-embedding-3-large', 'whisper-1', 'moderation']) expect(names).not.toContain(name);
  });
});

describe('modalitiesOfRates', () => {
  test('text is there, the rest is what the table prices by itself', () => {
    expect(modalitiesOfRates({ input_mtok: 1, output_mtok: 2 })).toEqual(TEXT_ONLY);
    expect(
      modalitiesOfRates({ input_mtok: 1, input_audio_mtok: 3, cache_image_read_mtok: 1, output_mtok: 2, output_audio_mtok: 4 }),
    ).toEqual({
      input: ['text', 'image', 'audio'],
      output: ['text', 'audio'],
    });
  });

  test('a model of the table that hears is known to', async () => {
    const models = await modelsOfVendor('gemini', 'google', NOW);
    expect(models.find(({ upstreamModel }) => upstreamModel === 'gemini-2.5-flash')?.modalities?.input).toContain('audio');
  });
});

describe('ratesAt', () => {
  const model = findProvider({ providerId: 'deepseek' })?.models.find((known) => known.id === 'deepseek-chat');
  test('the window of the day decides, its end excluded', async () => {
    if (model === undefined) throw new Error('the package no longer lists deepseek-chat');
    const at = (time: string) => ratesAt(model, new Date(`2026-11-23T${time}Z`))['input_mtok'];
    expect([at('00:29:59'), at('00:30:00'), at('16:29:59'), at('16:30:00')]).toEqual([0.135, 0.27, 0.27, 0.135]);
  });

  test('a start date decides, a window may go over midnight', async () => {
    const prices = [
      { prices: { input_mtok: 1 } },
      { constraint: { type: 'start_date' as const, start_date: '2026-06-01' }, prices: { input_mtok: 2 } },
      {
        constraint: { type: 'time_of_date' as const, start_time: '22:00:00Z', end_time: '02:00:00Z' },
        prices: { input_mtok: 3 },
      },
    ];
    const at = (time: string) => ratesAt({ id: 'm', match: { equals: 'm' }, prices }, new Date(time))['input_mtok'];
    expect([at('2026-05-31T12:00:00Z'), at('2026-06-01T00:00:00Z'), at('2026-06-01T12:00:00Z')]).toEqual([1, 3, 2]);
  });
});

describe('priceOfRates', () => {
  test('what is not priced by text in and out is unknown, not free', async () => {
    for (const rates of [{}, { input_mtok: 1 }, { audio_hours: 1 }]) expect(priceOfRates('s', rates, false)).toBeNull();
    expect(priceOfRates('s', {}, true)).toMatchObject({ input: '0', output: '0' });
  });

  test('a price of a thousand requests is divided exactly', async () => {
    for (const [perThousand, expected] of [
      [5, '0.005'],
      [12, '0.012'],
      [1000, '1'],
      [0.5, '0.0005'],
      [12_345.6, '12.3456'],
    ] as const) {
      expect(priceOfRates('s', { input_mtok: 1, output_mtok: 1, requests_kcount: perThousand }, false)?.perRequest).toBe(
        expected,
      );
    }
  });
});

test('a number becomes the decimal that it was written as', async () => {
  expect([0, 0.1, 0.075, 1e-7, 1.5e-9, 2.5e21, 30].map(decimalOf)).toEqual([
    '0',
    '0.1',
    '0.075',
    '0.0000001',
    '0.0000000015',
    '2500000000000000000000',
    '30',
  ]);
  fc.assert(fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (value) => Number(decimalOf(value)) === value));
});
