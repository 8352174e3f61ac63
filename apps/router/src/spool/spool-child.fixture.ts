import { randomBytes } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { SUBJECTS } from '@tollgate/contracts';
import { decodeUtf8, encodeJson, newId } from '@tollgate/kernel';
import { createLogger } from '@tollgate/telemetry';
import { createInProcessTransport } from '@tollgate/transport';
import { sampleRecord } from './sample-record.fixture.js';
import type { Segment } from './segment.js';
import { Sender } from './sender.js';
import { Spool } from './spool.js';

// A router's spool under load, to be killed: prints each step only when the spool has called back.
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const transport = createInProcessTransport({ clock });
// A file, not the standard output: what is in a pipe's queue dies with the process.
const told = openSync(process.argv[3] as string, 'a');
const say = (word: string, id: string): void => {
  writeSync(told, `${word} ${id}\n`);
};
transport.respond(SUBJECTS.usageSettled, 'analytics', async (message) => {
  const lines = decodeUtf8(message.body).trim().split('\n');
  for (const line of lines) say('stored', (JSON.parse(line) as { id: string }).id);
  return encodeJson({ committed: lines.length, rejected: [] });
});
const logger = createLogger({ service: 'router', level: 'silent' });
const spool = new Spool({
  settings: { directory: process.argv[2] as string, maxBytes: 1e9, sync: false, segmentBytes: 20_000 },
  sender: new Sender({ transport, randomBytes, logger }),
  clock,
  randomBytes,
  logger,
});

class Entry {
  place = -1;
  intentSegment: Segment | null = null;
  intentText = '';
  readonly id = newId('req', Date.now(), randomBytes);
  onIntentWritten(): void {
    say('intended', this.id);
    // Some calls take longer than others, and some for ever.
    const roll = Math.random();
    if (roll < 0.9) setTimeout(() => spool.settle(this, JSON.stringify(sampleRecord(this.id, 'succeeded'))), roll * 10);
  }
  onSettlementWritten(): void {
    say('settled', this.id);
  }
}
setInterval(() => {
  for (let index = 0; index < 20; index += 1) {
    const entry = new Entry();
    spool.intend(entry, JSON.stringify(sampleRecord(entry.id, 'interrupted')));
  }
}, 1);
