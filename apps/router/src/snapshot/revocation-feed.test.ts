import { type FeedEvent, SUBJECTS } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import { createLogger } from '@tollgate/telemetry';
import { createTestClock, waitFor } from '@tollgate/testing';
import { createInProcessTransport } from '@tollgate/transport';
import { afterEach, expect, test } from 'vitest';
import { RevocationFeed } from './revocation-feed.js';

const clock = createTestClock();
const transport = createInProcessTransport({ clock });
const logger = createLogger({ service: 'test', level: 'fatal' });
const seen: string[] = [];
const feed = new RevocationFeed({ transport, clock, logger, onEvent: ({ publicId }) => void seen.push(publicId) });
afterEach(() => feed.close());

const revoked = (sequence: number): FeedEvent => ({ sequence, publicId: `key ${sequence}`, kind: 'revoked' });
const tell = (sequence: number, events: readonly FeedEvent[] = []): void =>
  transport.publish(SUBJECTS.feed, encodeJson({ v: 1, sequence, events }));

test('what is lost while the feed is being read is missed as well: nothing counts until it is known', async () => {
  const answers: ((sequence: number, events: readonly FeedEvent[]) => void)[] = [];
  transport.respond(SUBJECTS.feedRead, 'auth', () => {
    const answer = new Promise<Uint8Array>((resolve) => {
      answers.push((sequence, events) => resolve(encodeJson({ status: 'ok', sequence, events })));
    });
    return answer;
  });
  tell(1);
  await waitFor(() => feed.fresh);
  // 2 is lost; while it is being read 3 is lost, too, and 4 arrives.
  tell(2);
  await waitFor(() => answers.length === 1);
  tell(4, [revoked(4)]);
  await waitFor(() => seen.includes('key 4'));
  answers[0]?.(2, [revoked(2)]);
  await waitFor(() => seen.includes('key 2'));
  expect(feed.fresh).toBe(false);
  await waitFor(() => answers.length === 2);
  answers[1]?.(4, [revoked(3), revoked(4)]);
  await waitFor(() => feed.fresh);
  expect(seen).toContain('key 3');
});
