import { randomBytes } from 'node:crypto';
import type * as Fs from 'node:fs';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUBJECTS } from '@tollgate/contracts';
import { decodeUtf8, encodeJson, newId } from '@tollgate/kernel';
import { createLogger } from '@tollgate/telemetry';
import { waitFor } from '@tollgate/testing';
import { createInProcessTransport } from '@tollgate/transport';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RouterHarness, wallClock } from '../testing/harness.js';
import { adoptFolders } from './adopt-folders.js';
import { sampleRecord } from './sample-record.fixture.js';
import type { Segment } from './segment.js';
import { Sender } from './sender.js';
import { Spool } from './spool.js';

/** The operating system's part: a disk with so many bytes left. No unprivileged test can fill a real one. */
const disk = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY, cannotCut: false }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const full = (): Error => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  return {
    ...fs,
    writeSync: (file: number, bytes: Buffer, offset: number, length: number) => {
      if (disk.left <= 0) throw full();
      // As a real one does: what still fits is written, the next write fails.
      const written = fs.writeSync(file, bytes, offset, Math.min(length, disk.left));
      disk.left -= written;
      return written;
    },
    ftruncateSync: (file: number, length: number) => {
      if (disk.cannotCut) throw Object.assign(new Error('EIO: i/o error, ftruncate'), { code: 'EIO' });
      fs.ftruncateSync(file, length);
    },
  };
});

const logger = createLogger({ service: 'router', level: 'silent' });
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tollgate-disk-'));
  Object.assign(disk, { left: Number.POSITIVE_INFINITY, cannotCut: false });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

class Entry {
  intentSegment: Segment | null = null;
  intentText = '';
  place = -1;
  intended: boolean | null = null;
  settled = 0;
  readonly id = newId('req', Date.now(), randomBytes);
  constructor(private readonly spool: Spool) {}
  onIntentWritten(written: boolean): void {
    this.intended = written;
  }
  onSettlementWritten(): void {
    this.settled += 1;
  }
  async intend(): Promise<boolean> {
    this.spool.intend(this, JSON.stringify(sampleRecord(this.id, 'interrupted')));
    await waitFor(() => this.intended !== null, { intervalMs: 1 });
    return this.intended === true;
  }
  async settle(): Promise<void> {
    this.spool.settle(this, JSON.stringify(sampleRecord(this.id, 'succeeded')));
    await waitFor(() => this.settled > 0, { intervalMs: 1 });
  }
}

function open() {
  const transport = createInProcessTransport({ clock: wallClock });
  const stored: string[] = [];
  transport.respond(SUBJECTS.usageSettled, 'analytics', async (message) => {
    const lines = decodeUtf8(message.body).trim().split('\n');
    for (const line of lines) stored.push((JSON.parse(line) as { id: string }).id);
    return encodeJson({ committed: lines.length, rejected: [] });
  });
  const sender = new Sender({ transport, randomBytes, logger });
  const settings = { directory, maxBytes: 1e9, sync: false };
  const spool = new Spool({ settings, sender, clock: wallClock, randomBytes, logger });
  return { spool, stored, sender };
}

test.each([
  ['nothing fits any more', 0, false],
  ['half a line fits and is taken back', 100, false],
  ['half a line fits and cannot be taken back', 100, true],
])('the disk is full, %s: new calls are refused, calls under way end, their records follow once', async (_, left, cannotCut) => {
  const { spool, stored, sender } = open();
  const [underWay, before] = [new Entry(spool), new Entry(spool)];
  expect([await underWay.intend(), await before.intend()]).toEqual([true, true]);
  await before.settle();
  Object.assign(disk, { left, cannotCut });
  const refused = new Entry(spool);
  expect([await refused.intend(), spool.accepting, spool.writable]).toEqual([false, false, false]);
  // The caller's answer does not wait for the disk.
  await underWay.settle();
  expect(stored).not.toContain(underWay.id);

  Object.assign(disk, { left: Number.POSITIVE_INFINITY, cannotCut: false });
  await waitFor(() => spool.accepting);
  await waitFor(() => stored.length === 2 && spool.pending === 0);
  expect(stored.sort()).toEqual([underWay.id, before.id].sort());
  expect(underWay.settled).toBe(1);
  const after = new Entry(spool);
  expect(await after.intend()).toBe(true);
  await after.settle();
  await waitFor(() => stored.includes(after.id));
  await spool.close(1_000);
  expect(readdirSync(directory)).toEqual([]);
  sender.close();
});

test('killed while the disk is full: what was on file before is replayed, and torn lines harm nothing', async () => {
  const { spool, sender } = open();
  const underWay = new Entry(spool);
  await underWay.intend();
  Object.assign(disk, { left: 100, cannotCut: true });
  await new Entry(spool).intend();
  spool.abandon();
  sender.close();
  Object.assign(disk, { left: Number.POSITIVE_INFINITY, cannotCut: false });
  const next = open();
  const adoption = await adoptFolders({ spool: next.spool, directory, sender: next.sender, logger });
  expect(adoption).toMatchObject({ folders: 1, interrupted: 1, damagedLines: 1 });
  expect(next.stored).toEqual([underWay.id]);
  await next.spool.close(1_000);
  next.sender.close();
});

test('a caller sees 503 overloaded with Retry-After while the disk is full, and is served again by itself', async () => {
  const harness = await new RouterHarness().start();
  try {
    await waitFor(() => harness.router.gate.routes.index);
    const token = harness.addToken().text;
    expect((await harness.post(token)).status).toBe(200);
    disk.left = 0;
    for (let round = 0; round < 3; round += 1) {
      const response = await harness.post(token);
      expect([response.status, response.headers.get('retry-after') !== null]).toEqual([503, true]);
      expect(await response.json()).toMatchObject({ error: { code: 'overloaded' } });
    }
    expect(harness.calls).toHaveLength(1);
    disk.left = Number.POSITIVE_INFINITY;
    await waitFor(async () => (await harness.post(token)).status === 200);
  } finally {
    await harness.stop();
  }
});
