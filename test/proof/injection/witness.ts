import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { MARK } from './corpus.ts';

/** What Postgres is told to write down: every statement, with its name for the error and without the values that went beside it. */
export const WITNESS_SETTINGS: Readonly<Record<string, string>> = {
  logging_collector: 'on',
  log_destination: 'jsonlog',
  log_statement: 'all',
  log_min_error_statement: 'error',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_rotation_age: '0',
  log_rotation_size: '0',
};

const NAME = 'injection-witness';
/** Somebody who does what no service may: so that what is looked for would be seen. */
const CONTROL = 'injection-control';
/** What an honest service may run into: a name that is taken, a row that is gone, a race. */
const HONEST = /^(23503|23505|40001|40P01|55P03|57014|57P0.)$/;
const CHUNK = 4 * 1_024 * 1_024;
/** They change by themselves: sweeps, leases, times of use, signatures of a minute. */
const LIVELY =
  /^(auth\.(quota_|budget_|feed_|audit_checkpoints|audit_heads|idempotency|sign_in|oauth_keys|oauth_artefacts|usage_)|.*\b(lease|heartbeat|holder|rollup|outbox)|analytics\.[a-z]+_(inbox|cursor))/;
const VOLATILE = ['last_used_at', 'last_seen_at', 'idle_expires_at', 'uses_in_grace'];

export interface Findings {
  /** Read in Postgres' log. */
  readonly statements: number;
  readonly statementsWithPayload: number;
  readonly databaseErrors: number;
  /** Of the control: one value pasted into a statement, one statement that is none. */
  readonly controlsSeen: number;
}

/** Rows of each table, as a whole and those that name the other tenant. */
export interface Photograph {
  readonly schema: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly foreign: ReadonlyMap<string, string>;
}

/** Looks at the database from behind. */
export class Witness {
  private readonly client: pg.Client;
  private readonly say: (text: string) => void;

  private readonly url: string;

  private constructor(url: string, client: pg.Client, say: (text: string) => void) {
    this.url = url;
    this.client = client;
    this.say = say;
  }

  static async open(url: string, say: (text: string) => void): Promise<Witness> {
    const client = new pg.Client({ connectionString: url, application_name: NAME });
    await client.connect();
    await client.query("SET log_statement = 'none'");
    return new Witness(url, client, say);
  }

  close(): Promise<void> {
    return this.client.end();
  }

  /** The photograph once it stays the same: what the services pass on to each other after a change has arrived. */
  async settled(marks: readonly string[]): Promise<Photograph> {
    let before = await this.photograph(marks);
    for (let looks = 0; looks < 30; looks += 1) {
      await pause(2_000);
      const now = await this.photograph(marks);
      if ([...now.foreign].every(([table, digest]) => before.foreign.get(table) === digest)) return now;
      before = now;
    }
    throw new Error('the rows of the other tenant do not come to rest');
  }

  /** `marks`: ids of the other tenant. */
  async photograph(marks: readonly string[]): Promise<Photograph> {
    const { rows } = await this.client.query<{ name: string }>(
      `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
       WHERE table_schema IN ('auth', 'catalog', 'analytics') AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    const counts = new Map<string, number>();
    const foreign = new Map<string, string>();
    for (const { name } of rows) {
      const found = await this.client.query<{ whole: number; digest: string | null }>(
        `SELECT count(*)::int AS whole,
           md5(string_agg(row_text, E'\\n' ORDER BY row_text) FILTER (WHERE row_text ~ $1)) AS digest
         FROM (SELECT (to_jsonb(each) - $2::text[])::text AS row_text FROM ${name} AS each) AS rows`,
        [marks.join('|'), VOLATILE],
      );
      counts.set(name, found.rows[0]?.whole ?? 0);
      if (!LIVELY.test(name)) foreign.set(name, found.rows[0]?.digest ?? '');
    }
    return { schema: await this.schemaOf(), counts, foreign };
  }

  /** Tables, columns, indices, functions, roles and extensions, but for the days of the ledger, which are made as they come. */
  private async schemaOf(): Promise<string> {
    const { rows } = await this.client.query<{ line: string }>(
      `SELECT concat_ws(' ', table_schema, table_name, column_name, data_type, is_nullable) AS line FROM information_schema.columns
         WHERE table_schema IN ('auth', 'catalog', 'analytics', 'public') AND table_name !~ '[0-9]{4,}'
       UNION ALL SELECT concat_ws(' ', 'function', proname) FROM pg_proc WHERE pronamespace::regnamespace::text !~ '^pg_|information_schema'
       UNION ALL SELECT concat_ws(' ', 'role', rolname, rolsuper) FROM pg_roles
       UNION ALL SELECT concat_ws(' ', 'extension', extname) FROM pg_extension
       UNION ALL SELECT concat_ws(' ', 'object', count(*)) FROM pg_largeobject_metadata ORDER BY 1`,
    );
    return createHash('sha256')
      .update(rows.map(({ line }) => line).join('\n'))
      .digest('hex');
  }

  /** Reads all that Postgres wrote down. */
  async readLog(): Promise<Findings> {
    await this.misbehave();
    let [statements, statementsWithPayload, databaseErrors, controlsSeen] = [0, 0, 0, 0];
    for await (const line of this.logLines()) {
      const { application_name: who, state_code: code, message = '', statement = '', error_severity: severity } = line;
      if (who === NAME) continue;
      const text = `${message}\n${statement}`;
      if (severity === 'LOG' && /^(statement|execute [^:]*|parse [^:]*|bind [^:]*): /.test(message)) statements += 1;
      if ((severity === 'LOG' || statement !== '') && statement.concat(severity === 'LOG' ? message : '').includes(MARK)) {
        if (who === CONTROL) {
          controlsSeen += 1;
          continue;
        }
        statementsWithPayload += 1;
        if (statementsWithPayload <= 10) this.say(`a value stands in a statement: ${text.slice(0, 400)}`);
      }
      if ((severity === 'ERROR' || severity === 'FATAL' || severity === 'PANIC') && !HONEST.test(code ?? '')) {
        if (who === CONTROL) {
          controlsSeen += 1;
          continue;
        }
        databaseErrors += 1;
        if (databaseErrors <= 20) this.say(`Postgres: ${code} ${message.slice(0, 200)} in ${statement.slice(0, 200)}`);
      }
    }
    return { statements, statementsWithPayload, databaseErrors, controlsSeen };
  }

  private async misbehave(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, application_name: CONTROL });
    await client.connect();
    await client.query(`SELECT '${MARK}' AS pasted`);
    await client.query("SELECT 'unterminated").catch(() => undefined);
    await client.end();
  }

  private async *logLines(): AsyncGenerator<LogLine> {
    let rest = Buffer.alloc(0);
    for (let offset = 0; ; offset += CHUNK) {
      const { rows } = await this.client.query<{ part: Buffer }>(
        "SELECT pg_read_binary_file(pg_current_logfile('jsonlog'), $1::bigint, $2::bigint, true) AS part",
        [offset, CHUNK],
      );
      const part = rows[0]?.part ?? Buffer.alloc(0);
      const all = Buffer.concat([rest, part]);
      const end = all.lastIndexOf(10);
      for (const line of all.subarray(0, Math.max(0, end)).toString('utf8').split('\n')) {
        if (line !== '') yield JSON.parse(line) as LogLine;
      }
      rest = all.subarray(end + 1);
      if (part.length < CHUNK) return;
    }
  }
}

interface LogLine {
  readonly application_name?: string;
  readonly state_code?: string;
  readonly message?: string;
  readonly statement?: string;
  readonly error_severity?: string;
}
