import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { expect, test } from 'vitest';
import { readUsageOf } from './read-usage.js';
import { AnswerWatcher } from './watch-answer.js';
import { StreamWatcher } from './watch-stream.js';

/** Streams and bodies that real vendors sent, kept outside the repository. */
const folder = process.env['RECORDINGS_DIR'];
const present = folder !== undefined && existsSync(folder);
const files = present ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort() : [];
const linesOf = (path: string): string[] =>
  readFileSync(join(folder ?? '', path), 'utf8')
    .split('\n')
    .filter(Boolean);
const isChunk = (line: string): boolean => line.includes('"choices"') && line.includes('"delta"');

const streams = files.filter((path) => path.endsWith('.chunks.txt') && linesOf(path).some(isChunk));
const answers = files.filter(
  (path) => path.endsWith('.json') && /"choices":\s*\[/.test(readFileSync(join(folder ?? '', path), 'utf8')),
);

test.skipIf(!present)('there are recordings of the dialect (set RECORDINGS_DIR to their folder)', () => {
  expect(streams.length).toBeGreaterThan(5);
  expect(answers.length).toBeGreaterThan(5);
});

function watch(bytes: Uint8Array, step: (at: number) => number) {
  const out: Uint8Array[] = [];
  const watcher = new StreamWatcher({ usageAsked: true, onBytes: (piece) => out.push(piece) });
  for (let at = 0; at < bytes.length; ) {
    const next = at + step(at);
    watcher.push(bytes.slice(at, next));
    at = next;
  }
  const whole = watcher.finish();
  return { passed: decodeUtf8(concatBytes(out)), whole, state: watcher.state, settled: watcher.settle(100) };
}

test.each(streams)('%s passes to the letter and its usage is found, wherever it is cut', (path) => {
  const lines = linesOf(path);
  const stream = `${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`;
  const bytes = encodeUtf8(stream);
  const whole = watch(bytes, () => bytes.length);
  expect(whole).toMatchObject({ passed: stream, whole: true, state: 'complete' });
  const reported = lines.map((line) => readUsageOf(JSON.parse(line))).findLast((usage) => usage !== null);
  if (reported) expect(whole.settled).toEqual({ basis: 'reported', usage: reported });
  expect(watch(bytes, () => 1)).toEqual(whole);
  expect(watch(bytes, (at) => 1 + ((at * 48_271) % 911))).toEqual(whole);
});

test.each(answers)('%s is read as a whole answer', (path) => {
  const bytes = readFileSync(join(folder ?? '', path));
  const usage = readUsageOf(JSON.parse(bytes.toString()));
  for (const size of [bytes.length, 1, 777]) {
    const watcher = new AnswerWatcher();
    for (let at = 0; at < bytes.length; at += size) expect(watcher.push(bytes.subarray(at, at + size))).toBe(true);
    expect(watcher.finish()).toBe('good');
    if (usage !== null) expect(watcher.settle(10)).toEqual({ usage, basis: 'reported' });
  }
});
