import { afterAll, beforeAll, describe, test } from 'vitest';
import { BUS_CASES } from './bus-cases.js';
import { CONTROL_CASES } from './control-cases.js';
import { ENDING_CASES } from './ending-cases.js';
import type { TransportFixture } from './fixture.js';
import { STREAM_CASES } from './stream-cases.js';

export interface TransportSuiteOptions {
  /** Name of a case -> why it does not apply. A name that no case has fails the suite. */
  readonly exceptions: Readonly<Record<string, string>>;
}

const CASES = [...CONTROL_CASES, ...STREAM_CASES, ...ENDING_CASES, ...BUS_CASES];

/** Holds an implementation of `Transport` to the interface; call it from a test file. */
export function runTransportSuite(name: string, factory: () => Promise<TransportFixture>, options: TransportSuiteOptions): void {
  describe(`transport suite: ${name}`, () => {
    let fixture: TransportFixture;
    beforeAll(async () => {
      fixture = await factory();
    });
    afterAll(() => fixture?.close());
    for (const known of CASES) {
      const reason = options.exceptions[known.name];
      if (reason === undefined) test(known.name, () => known.run(fixture));
      else test.skip(`${known.name} (not here: ${reason})`, () => {});
    }
    test('every exception names a case', ({ expect }) => {
      const names = new Set(CASES.map((known) => known.name));
      expect(Object.keys(options.exceptions).filter((exception) => !names.has(exception))).toEqual([]);
    });
  });
}

/** Cases that need a bus between processes, for implementations without one. */
export const BUS_CASE_NAMES: readonly string[] = BUS_CASES.map((known) => known.name);
