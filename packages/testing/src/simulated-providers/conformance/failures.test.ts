import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';
import type { Driver, Failure, Question } from './driver.js';
import { MAKERS } from './makers.js';

let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders();
});
afterAll(() => providers.stop());

const QUESTION = { prompt: '@say one two three four five six seven eight nine ten' };

/** What the SDK throws; an answer where none may be is the failure of the test. */
async function fail(driver: Driver, how: 'ask' | 'stream', question: Partial<Question> = {}): Promise<Failure> {
  const told = driver[how]({ model: driver.model, ...QUESTION, ...question }, []);
  return told.then(
    (answer) => {
      throw new Error(`It answered: ${answer.text}`);
    },
    (error: unknown) => driver.readFailure(error),
  );
}

const lastEntry = () => providers.ledger.entries.at(-1);

describe.each(Object.entries(MAKERS))('%s', (_, make) => {
  let driver: Driver;
  beforeAll(() => {
    driver = make(providers);
  });

  test('a wrong key is refused as the vendor does', async ({ skip }) => {
    const reason = driver.skips['wrong-key'];
    if (reason !== undefined) skip(reason);
    expect((await fail(make(providers, true), 'ask')).status).toBe(driver.wrongKey);
  });

  test('an unknown model is refused as the vendor does', async () => {
    expect((await fail(driver, 'ask', { model: 'some-model-404' })).status).toBe(driver.unknownModel);
  });

  test.each(['ask', 'stream'] as const)('429 on %s', async (how) => {
    providers.arm(driver.provider, '429-2000ms');
    expect(await fail(driver, how)).toMatchObject({ status: 429, message: expect.stringContaining('Simulated 429') });
    expect(lastEntry()).toMatchObject({ state: 'refused', status: 429, usage: { answer: 0, fresh: 0 } });
  });

  test('a window of 429 ends by itself', async () => {
    providers.arm(driver.provider, 'window-2', 3);
    const statuses: (number | null)[] = [];
    for (let call = 0; call < 3; call += 1) {
      const answer = driver.ask({ model: driver.model, ...QUESTION }, []);
      statuses.push(
        await answer.then(
          () => 200,
          (error: unknown) => driver.readFailure(error).status,
        ),
      );
    }
    expect(statuses).toEqual([429, 429, 200]);
  });

  test.each([500, 503, 529])('%i', async (status) => {
    providers.arm(driver.provider, String(status));
    expect((await fail(driver, 'ask')).status).toBe(status);
  });

  test('a prompt that is too long is refused in words that tell so', async () => {
    providers.arm(driver.provider, 'context-window');
    const { status, message } = await fail(driver, 'stream');
    expect(status).toBe(400);
    expect(message).toMatch(/context|too long|token/);
  });

  test('comments between the events are passed over', async () => {
    providers.arm(driver.provider, 'comments');
    expect((await driver.stream({ model: driver.model, ...QUESTION }, [])).text).toBe(QUESTION.prompt.slice(5));
  });

  test('the overload of a whole answer is an error of the vendor', async () => {
    providers.arm(driver.provider, 'overload');
    expect((await fail(driver, 'ask')).message).toContain('Overloaded');
  });

  test.each(['overload', 'overload-3'])('%s comes out of a stream that began with 200', async (fault) => {
    providers.arm(driver.provider, fault);
    const { message } = await fail(driver, 'stream');
    expect(message).toContain(driver.skips['overload-message'] === undefined ? 'Overloaded' : '');
    expect(lastEntry()).toMatchObject({ status: 200, framesSent: fault === 'overload' ? 0 : 3 });
  });

  test('a cut stream fails after good frames', async () => {
    providers.arm(driver.provider, 'cut-3');
    await fail(driver, 'stream');
    expect(lastEntry()).toMatchObject({ state: 'cut', framesSent: 3 });
  });

  test('a cut body fails', async () => {
    providers.arm(driver.provider, 'cut');
    await fail(driver, 'ask');
  });

  test.for(['malformed-2', 'half-end-2', 'no-end', 'html', 'empty'])(
    'a stream that is %s does not pass for an answer',
    async (fault, { skip }) => {
      const reason = driver.skips[fault];
      if (reason !== undefined) skip(reason);
      providers.arm(driver.provider, fault);
      await fail(driver, 'stream');
    },
  );

  test.each(['malformed', 'half-end', 'html', 'empty'])('a body that is %s does not pass for an answer', async (fault) => {
    providers.arm(driver.provider, fault);
    const told = await driver.ask({ model: driver.model, ...QUESTION }, []).catch(() => null);
    expect(told?.text ?? '').not.toContain('one two three');
  });

  test('a model that is told to refuse does so in the form that the vendor has', async () => {
    const answer = driver.ask({ model: driver.model, prompt: '@refuse' }, []);
    if (driver.refusal === 'error') await expect(answer).rejects.toThrow('content management policy');
    else {
      const told = await answer;
      if (driver.refusal === 'end') expect(told.end).toBe(driver.ends.refused);
      else expect(told.text).toContain("can't assist");
    }
  });
});
