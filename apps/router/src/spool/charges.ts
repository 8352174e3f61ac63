import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { BudgetBookedSchema, type BudgetChargeRequest, SUBJECTS, type UsageRecord } from '@tollgate/contracts';
import { decodeJson, decodeUtf8, encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';

export type Charge = BudgetChargeRequest['charges'][number];

/** Charges that auth has not booked though analytics has their records. The file's being there says that its router has leased money. */
const FILE = 'charges.ndjson';
const ANSWER_MS_MAX = 2_000;
const PATIENCE_MS = 1_000;
const PAUSE_MS = 500;
const BATCH_MAX = 1_000;
const MARK = Buffer.from('"charges":[{');

export interface ChargesOptions {
  readonly transport: Transport;
  readonly logger: Logger;
  /** The folder of this process. */
  readonly folder: string;
}

/**
 * Has the budgets charged what calls cost, each call until auth has booked it. Rides behind the delivery to analytics: a record
 * leaves the spool when its charges are booked, or on file here. So an auth that is away holds up no records.
 */
export class Charges {
  private pending: Charge[] = [];
  private working: Promise<void> | null = null;
  private onFile = false;
  private closed = false;
  private opened = false;

  constructor(private readonly options: ChargesOptions) {}

  /** From now on this process owes auth a last word: see {@link closeHolder}. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    appendFileSync(join(this.options.folder, FILE), '', { mode: 0o600 });
  }

  get used(): boolean {
    return this.opened;
  }

  /** Resolves when they are booked, or safe on file. */
  async book(charges: readonly Charge[]): Promise<void> {
    if (charges.length === 0) return;
    this.open();
    this.pending.push(...charges);
    this.working ??= this.work();
    if (await within(this.working, PATIENCE_MS)) return;
    appendFileSync(join(this.options.folder, FILE), charges.map((charge) => `${JSON.stringify(charge)}\n`).join(''), {
      mode: 0o600,
    });
    this.onFile = true;
  }

  /** True where nothing is owed any more. */
  async settle(graceMs: number): Promise<boolean> {
    if (this.working !== null) await within(this.working, graceMs);
    return this.pending.length === 0;
  }

  close(): void {
    this.closed = true;
  }

  private async work(): Promise<void> {
    while (this.pending.length > 0 && !this.closed) {
      const batch = this.pending.slice(0, BATCH_MAX);
      if (await bookCharges(this.options.transport, batch)) this.pending.splice(0, batch.length);
      else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    this.working = null;
    if (!this.onFile || this.pending.length > 0) return;
    this.onFile = false;
    truncateSync(join(this.options.folder, FILE), 0);
  }
}

/** One question; false where auth or its database is away. */
export async function bookCharges(transport: Transport, charges: readonly Charge[]): Promise<boolean> {
  return asked(transport, SUBJECTS.budgetCharge, { v: 1, charges });
}

/** What this holder still has on loan is free. Only when all it owes is booked. */
export const closeHolder = (transport: Transport, holder: string): Promise<boolean> =>
  asked(transport, SUBJECTS.budgetHolderGone, { v: 1, holder });

async function asked(
  transport: Transport,
  subject: typeof SUBJECTS.budgetCharge | typeof SUBJECTS.budgetHolderGone,
  message: unknown,
): Promise<boolean> {
  try {
    const reply = await transport.request(subject, encodeJson(message), { timeoutMs: ANSWER_MS_MAX });
    return BudgetBookedSchema.parse(decodeJson(reply)).status === 'ok';
  } catch {
    return false;
  }
}

/** The charges of a batch of records (NDJSON); most have none, and are not read. */
export function chargesIn(body: Uint8Array): Charge[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!bytes.includes(MARK)) return [];
  return decodeUtf8(body)
    .split('\n')
    .filter((line) => line.includes('"charges":[{'))
    .flatMap((line) => {
      const record = JSON.parse(line) as UsageRecord;
      return (record.charges ?? []).map((charge) => ({ ...charge, id: record.id }));
    });
}

/** What a folder's router owed beside its records; null = it never leased money. */
export function readOwedCharges(folder: string): Charge[] | null {
  const path = join(folder, FILE);
  if (!existsSync(path)) return null;
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Charge];
      } catch {
        // Torn by the process's death: its record is still in the spool then.
        return [];
      }
    });
}

async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return done;
}
