import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SUBJECTS, type UsageRecord } from '@tollgate/contracts';
import { type Clock, decodeUtf8, encodeJson, newId } from '@tollgate/kernel';
import { createLogger } from '@tollgate/telemetry';
import { waitFor } from '@tollgate/testing';
import { createInProcessTransport } from '@tollgate/transport';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adoptFolders } from './adopt-folders.js';
import { sampleRecord } from './sample-record.fixture.js';
import type { Segment } from './segment.js';
import { Sender } from './sender.js';
import { Spool, type SpoolSettings } from './spool.js';

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
const logger = createLogger({ service: 'router', level: 'silent' });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tollgate-spool-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

class Sink {
  readonly transport = createInProcessTransport({ clock });
  readonly sender = new Sender({ transport: this.transport, randomBytes, logger });
  readonly rows = new Map<string, UsageRecord>();
  received = 0;
  up = true;

  constructor() {
    this.transport.respond(SUBJECTS.usageSettled, 'analytics', async (message) => {
      if (!this.up) throw new Error('away');
      const lines = decodeUtf8(message.body).trim().split('\n');
      for (const line of lines) {
        const record = JSON.parse(line) as UsageRecord;
        this.received += 1;
        if (!this.rows.has(record.id)) this.rows.set(record.id, record);
      }
      return encodeJson({ committed: lines.length, rejected: [] });
    });
  }

  spool(settings: Partial<SpoolSettings> = {}): Spool {
    return new Spool({
      settings: { directory, maxBytes: 1e9, sync: false, ...settings },
      sender: this.sender,
      clock,
      randomBytes,
      logger,
    });
  }
}

class Entry {
  place = -1;
  intentSegment: Segment | null = null;
  intentText = '';
  intended: boolean | null = null;
  settled = false;
  readonly id = newId('req', Date.now(), randomBytes);
  onIntentWritten(written: boolean): void {
    this.intended = written;
  }
  onSettlementWritten(): void {
    this.settled = true;
  }
  intend(spool: Spool): void {
    spool.intend(this, JSON.stringify(sampleRecord(this.id, 'interrupted')));
  }
  settle(spool: Spool): void {
    spool.settle(this, JSON.stringify(sampleRecord(this.id, 'succeeded')));
  }
}
const folders = (): string[] => readdirSync(directory).filter((name) => name !== 'rejected.ndjson');
const segmentsOf = (spool: Spool): string[] => readdirSync(spool.folder).filter((name) => name.endsWith('.log'));

test('settled records arrive once, and their files go', async () => {
  const sink = new Sink();
  const spool = sink.spool({ segmentBytes: 10_000 });
  const entries = Array.from({ length: 300 }, () => new Entry());
  for (const entry of entries) {
    entry.intend(spool);
    if (Math.random() < 0.2) await new Promise((resolve) => setImmediate(resolve));
    entry.settle(spool);
  }
  await waitFor(() => sink.rows.size === 300 && spool.pending === 0);
  expect(sink.received).toBe(300);
  expect(entries.every(({ settled }) => settled)).toBe(true);
  await waitFor(() => segmentsOf(spool).length <= 2);
  await spool.close(1_000);
  expect(folders()).toEqual([]);
});

test('while analytics is away memory is bounded and nothing is lost: the rest is read from the file', async () => {
  const sink = new Sink();
  sink.up = false;
  const spool = sink.spool({ segmentBytes: 50_000, queuedBytesMax: 20_000 });
  const entries = Array.from({ length: 1_000 }, () => new Entry());
  for (const entry of entries) {
    entry.intend(spool);
    entry.settle(spool);
    if (Math.random() < 0.1) await new Promise((resolve) => setImmediate(resolve));
  }
  await waitFor(() => sink.sender.failing > 2);
  sink.up = true;
  await waitFor(() => sink.rows.size === 1_000 && spool.pending === 0);
  expect(sink.received).toBe(1_000);
  await spool.close(1_000);
});

test('a full spool takes no more calls but every settlement', async () => {
  const sink = new Sink();
  sink.up = false;
  const spool = sink.spool({ maxBytes: 3_000 });
  const entries = Array.from({ length: 10 }, () => new Entry());
  for (const entry of entries) entry.intend(spool);
  await waitFor(() => entries.every(({ intended }) => intended === true));
  expect(spool.accepting).toBe(false);
  for (const entry of entries) entry.settle(spool);
  await waitFor(() => entries.every(({ settled }) => settled));
  sink.up = true;
  await waitFor(() => sink.rows.size === 10);
  await spool.close(1_000);
});

test('a call that lasts for long does not hold back the files behind it, and is not replayed twice', async () => {
  const sink = new Sink();
  const spool = sink.spool({ segmentBytes: 5_000 });
  const long = new Entry();
  long.intend(spool);
  for (let round = 0; round < 100; round += 1) {
    const entry = new Entry();
    entry.intend(spool);
    entry.settle(spool);
    await waitFor(() => entry.settled, { intervalMs: 1 });
  }
  await waitFor(() => segmentsOf(spool).length <= 6);
  long.settle(spool);
  await waitFor(() => sink.rows.get(long.id)?.outcome === 'succeeded');
  spool.abandon();
  const next = sink.spool();
  const adoption = await adoptFolders({ spool: next, directory, sender: sink.sender, logger });
  expect(adoption.interrupted).toBe(0);
  await next.close(1_000);
});

test('what a stopped router owed is sent by the next one: settlements, and open calls as interrupted', async () => {
  const sink = new Sink();
  sink.up = false;
  const first = sink.spool();
  const [done, open] = [new Entry(), new Entry()];
  done.intend(first);
  done.settle(first);
  open.intend(first);
  await waitFor(() => done.settled && open.intended);
  first.abandon();
  const next = new Sink();
  const spool = next.spool();
  const adoption = await adoptFolders({ spool, directory, sender: next.sender, logger });
  expect(adoption).toEqual({ folders: 1, settlements: 1, interrupted: 1, damagedLines: 0 });
  expect(next.rows.get(done.id)?.outcome).toBe('succeeded');
  expect(next.rows.get(open.id)).toMatchObject({ outcome: 'interrupted', status: 0, basis: 'estimated', usage: { input: 101 } });
  await spool.close(1_000);
  expect(folders()).toEqual([]);
});

test('the folder of a living router is left alone', async () => {
  const sink = new Sink();
  const living = sink.spool();
  const other = sink.spool();
  expect((await adoptFolders({ spool: other, directory, sender: sink.sender, logger })).folders).toBe(0);
  await living.close(100);
  await other.close(100);
});

test('SIGKILL under load, five times: every call is stored once, and what was settled as settled', {
  timeout: 60_000,
}, async () => {
  const script = new URL('./spool-child.fixture.ts', import.meta.url).pathname;
  const loader = new URL('./source-loader.fixture.mjs', import.meta.url).pathname;
  const told = { intended: new Set<string>(), settled: new Set<string>(), stored: new Set<string>() };
  for (let round = 0; round < 5; round += 1) {
    const log = join(directory, `told-${round}.log`);
    writeFileSync(log, '');
    const child: ChildProcess = spawn(
      process.execPath,
      [
        '--conditions=@tollgate/source',
        '--experimental-transform-types',
        '--no-warnings',
        '--import',
        loader,
        script,
        directory,
        log,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const wanted = 200 + Math.floor(Math.random() * 400);
    await waitFor(() => readFileSync(log, 'utf8').split('settled').length > wanted);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    for (const line of readFileSync(log, 'utf8').split('\n').slice(0, -1)) {
      const [word, id] = line.split(' ') as ['intended' | 'settled' | 'stored', string];
      told[word].add(id);
    }
  }
  const sink = new Sink();
  const spool = sink.spool();
  const adoption = await adoptFolders({ spool, directory, sender: sink.sender, logger });
  expect(adoption.folders).toBe(5);
  expect(adoption.interrupted).toBeGreaterThan(0);
  const wrong = [...told.settled].filter((id) => !told.stored.has(id) && sink.rows.get(id)?.outcome !== 'succeeded');
  expect(wrong.map((id) => sink.rows.get(id)?.outcome ?? 'lost')).toEqual([]);
  for (const id of told.settled) {
    const row = sink.rows.get(id);
    expect(row === undefined ? told.stored.has(id) : row.outcome === 'succeeded').toBe(true);
  }
  for (const id of told.intended) expect(told.stored.has(id) || sink.rows.has(id)).toBe(true);
  // Nothing that was stored before as settled comes again as interrupted.
  for (const [id, row] of sink.rows) if (told.stored.has(id)) expect(row.outcome).toBe('succeeded');
  await spool.close(1_000);
});
