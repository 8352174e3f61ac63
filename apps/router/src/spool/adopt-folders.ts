import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decodeJson, encodeUtf8 } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import { bookCharges, type Charges, closeHolder, readOwedCharges } from './charges.js';
import { IntentSchema, interruptedRecord } from './interrupted-record.js';
import { forgetInstance, thisOwner, writeLock } from './owner.js';
import { readSegment } from './read-segment.js';
import type { Sender } from './sender.js';
import { keepRejected } from './shipper.js';
import type { Spool } from './spool.js';
import { breathe, type Survey, surveyFolder } from './survey-folder.js';

const BATCH_RECORDS = 200;
const BATCH_BYTES = 256 * 1024;
const SETTLE_MS_MAX = 5_000;

export interface Adoption {
  /** Folders replayed to the end and removed. */
  folders: number;
  /** Settlements that were on file and had not been acknowledged. */
  settlements: number;
  /** Calls that were under way when their router died. */
  interrupted: number;
  damagedLines: number;
}

export interface AdoptParts {
  readonly spool: Spool;
  readonly directory: string;
  readonly sender: Sender;
  readonly logger: Logger;
  /** Absent where budgets are not kept. */
  readonly budgets?: { readonly transport: Transport; readonly charges: Charges };
}

/**
 * Takes over the folders of routers that are gone and sends what they owed. A folder is taken by renaming it, which only
 * one can do, and goes when analytics has all of it. Something may be sent twice: records are idempotent by id.
 */
export async function adoptFolders(parts: AdoptParts): Promise<Adoption> {
  const total: Adoption = { folders: 0, settlements: 0, interrupted: 0, damagedLines: 0 };
  for (const name of readdirSync(parts.directory)) {
    const folder = join(parts.directory, name);
    if (folder === parts.spool.folder || name.startsWith('.')) continue;
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory() || !parts.spool.isAbandoned(folder)) continue;
    const instance = `${parts.spool.instance}+${name.split('+').pop() ?? ''}`;
    const taken = takeOver(folder, join(parts.directory, instance), instance);
    if (!taken) continue;
    try {
      await replayFolder(parts, join(parts.directory, instance), total);
    } finally {
      forgetInstance(instance);
    }
  }
  if (total.folders > 0) parts.logger.info({ ...total }, 'spool folders of routers that are gone have been replayed');
  return total;
}

function takeOver(folder: string, target: string, instance: string): boolean {
  try {
    renameSync(folder, target);
    writeLock(target, thisOwner(instance));
    return true;
  } catch {
    // Another router was first.
    return false;
  }
}

async function replayFolder(parts: AdoptParts, folder: string, total: Adoption): Promise<void> {
  const survey = await surveyFolder(folder);
  parts.spool.countForeign(survey.bytes);
  try {
    let records: string[] = [];
    let size = 0;
    for (const { text, interrupted } of owed(parts, survey)) {
      if (interrupted) total.interrupted += 1;
      else total.settlements += 1;
      records.push(text);
      size += text.length;
      if (records.length < BATCH_RECORDS && size < BATCH_BYTES) continue;
      if (!(await deliver(parts, records))) return;
      records = [];
      size = 0;
      await breathe();
    }
    if (records.length > 0 && !(await deliver(parts, records))) return;
    if (!(await settleBudgetsOf(parts, folder))) return;
    total.folders += 1;
    total.damagedLines += survey.damagedLines;
    if (survey.damagedLines > 0) parts.logger.warn({ lines: survey.damagedLines }, 'torn lines in a spool were skipped');
    rmSync(folder, { recursive: true, force: true });
  } finally {
    parts.spool.countForeign(-survey.bytes);
  }
}

/** False where auth cannot be told right now: the folder stays for the next round. */
async function settleBudgetsOf({ budgets, logger }: AdoptParts, folder: string): Promise<boolean> {
  const owed = budgets === undefined ? null : readOwedCharges(folder);
  if (owed === null || budgets === undefined) return true;
  const { transport, charges } = budgets;
  const holder = basename(folder).split('+').pop() ?? '';
  // What its records are charged went the way of our own: it must have arrived before the rest is given free.
  const booked = (await charges.settle(SETTLE_MS_MAX)) && (owed.length === 0 || (await bookCharges(transport, owed)));
  const told = booked && (await closeHolder(transport, holder));
  if (!told) logger.warn({ holder }, 'the budgets of a router that is gone could not be settled: later');
  return told;
}

function* owed(parts: AdoptParts, survey: Survey): Generator<{ readonly text: string; readonly interrupted: boolean }> {
  for (const { path, number } of survey.segments) {
    const done = survey.committed.get(number) ?? [];
    for (const entry of readSegment(path)) {
      if (entry.kind !== 'settlement' || done.some(({ from, to }) => entry.start >= from && entry.start < to)) continue;
      yield { text: entry.payload.toString('utf8'), interrupted: false };
    }
  }
  for (const text of survey.open.values()) {
    const intent = IntentSchema.safeParse(decodeJson(encodeUtf8(text)));
    if (!intent.success) parts.logger.error({ error: intent.error }, 'an intent in a spool cannot be read');
    else yield { text: JSON.stringify(interruptedRecord(intent.data, survey.diedAt)), interrupted: true };
  }
}

async function deliver(parts: AdoptParts, records: readonly string[]): Promise<boolean> {
  const body = encodeUtf8(`${records.join('\n')}\n`);
  const answer = await parts.sender.deliver(body);
  if (answer === null) return false;
  if (answer.rejected.length > 0) {
    keepRejected({ logger: parts.logger, rejectedPath: parts.spool.rejectedPath }, answer, Buffer.from(body));
  }
  return true;
}
