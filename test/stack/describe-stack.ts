import { type Arrangement, type OtlpReceiver, type Stack, startOtlpReceiver, startStack } from '@tollgate/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeBadInput } from './suites/bad-input.ts';
import { describeContent } from './suites/content.ts';
import { describeLeaving } from './suites/leaving.ts';
import { describeMessages } from './suites/messages.ts';
import { describeOfficialSchema } from './suites/official-schema.ts';
import { describeResponses } from './suites/responses.ts';
import { describeRouting } from './suites/routing.ts';
import { describeSdk } from './suites/sdk.ts';
import { describeUpstreamTrouble } from './suites/upstream-trouble.ts';
import { describeUsage } from './suites/usage.ts';
import { describeWatching } from './suites/watching.ts';

/** The same suites for every way of running; `more` adds those of one alone. */
export function describeStack(arrangement: Arrangement, more: (stack: () => Stack) => void = () => undefined): void {
  describe(arrangement, () => {
    let receiver: OtlpReceiver | null = null;
    let stack: Stack | null = null;
    beforeAll(async () => {
      receiver = await startOtlpReceiver();
      stack = await startStack({
        arrangement,
        vendors: true,
        otlpUrl: receiver.url,
        ...(arrangement === 'distributed' ? { routers: 2, adapters: 2 } : {}),
      });
    }, 120_000);
    afterAll(async () => {
      await stack?.stop();
      await receiver?.stop();
    }, 60_000);
    const current = (): Stack => stack as Stack;
    describeSdk(current);
    describeOfficialSchema(current);
    describeBadInput(current);
    describeUpstreamTrouble(current);
    describeLeaving(current);
    describeUsage(current);
    describeRouting(current);
    describeMessages(current);
    describeResponses(current);
    describeContent(current);
    more(current);
    // Last: it searches the logs of all before it.
    describeWatching(current, () => receiver as OtlpReceiver);
  });
}
