import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from './data-folder.js';
import { readOrMakeSecrets } from './local-secrets.js';
import { lockFolder } from './lock-folder.js';
import { processMark } from './process-mark.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lockPath = (): string => join(folder, 'lock.json');

test('a second start on the same folder is refused by name of the first', () => {
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(`in use by process ${process.pid}`);
  lock.release();
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, mark: '1' })],
  ['of an earlier process with our pid', JSON.stringify({ pid: process.pid, mark: 'earlier' })],
  ['that is no JSON', '{"pid":'],
  ['that is empty', ''],
])('a lock %s is taken over', (_, text) => {
  writeFileSync(lockPath(), text);
  const lock = lockFolder(folder);
  expect(JSON.parse(readFileSync(lockPath(), 'utf8'))).toEqual({ pid: process.pid, mark: processMark(process.pid) });
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('the lock of another live process is not released by us', () => {
  const lock = lockFolder(folder);
  writeFileSync(lockPath(), JSON.stringify({ pid: process.ppid, mark: processMark(process.ppid) }));
  lock.release();
  expect(readdirSync(folder)).toEqual(['lock.json']);
});

test('secrets are made once, kept, and readable by their owner alone', () => {
  const first = readOrMakeSecrets(folder, randomBytes);
  expect(readOrMakeSecrets(folder, randomBytes)).toEqual(first);
  expect(Buffer.from(first.sealingKey, 'base64url')).toHaveLength(32);
  expect(new Set([first.tokenPepper, first.sealingKey, first.auditKey, first.databasePassword]).size).toBe(4);
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('a folder of an earlier version gets the key that came later, and keeps what it has', () => {
  const { auditKey: _, ...earlier } = readOrMakeSecrets(folder, randomBytes);
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify(earlier));
  const later = readOrMakeSecrets(folder, randomBytes);
  expect(later).toEqual({ ...earlier, auditKey: expect.any(String) });
  expect(readOrMakeSecrets(folder, randomBytes)).toEqual(later);
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('damaged secrets are never replaced, and never quoted', () => {
  writeFileSync(join(folder, 'secrets.json'), '{"version":1,"tokenPepper":"hunter2"}');
  expect(() => readOrMakeSecrets(folder, randomBytes)).toThrow(/secrets.json is damaged/);
  expect(() => readOrMakeSecrets(folder, randomBytes)).not.toThrow(/hunter2/);
});

test('a data folder is private; a file in its place is refused', () => {
  const made = openDataFolder(join(folder, 'a', 'b'));
  expect(statSync(made).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder, 'file'), '');
  expect(() => openDataFolder(join(folder, 'file'))).toThrow(/is no folder/);
  expect(() => openDataFolder(join(folder, 'file', 'below'))).toThrow(/is no folder/);
});

test.runIf(process.platform === 'linux')('a folder that nobody can make is refused at once', () => {
  expect(() => openDataFolder('/proc/tollgate')).toThrow(/cannot be written/);
});
