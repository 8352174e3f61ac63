import { ACCOUNT_PERMISSION, MANAGEMENT_OPERATIONS, type Operation, type Service } from '@tollgate/contracts';
import type { Things } from '../permissions/cast.ts';
import { pathTo } from '../permissions/paths.ts';
import { BASES, MAKES, NORMALISED } from './bodies.ts';
import type { Payload } from './corpus.ts';
import { MANAGEMENT_HEADERS } from './headers.ts';
import type { Judge } from './judge.ts';
import { guessOf, leavesOf, type Schema, valueAt, withValue } from './leaves.ts';
import { type Answer, endsRequest, inLanes, type Question, send, sendBytes } from './send.ts';

const LANES = 6;
/** Of headers, at operations that are not tried with all. */
const SOME = 3;
/** One of each kind is tried with every header and every payload. */
const WHOLE_HEADERS: ReadonlySet<string> = new Set(['listTokens', 'createTeam', 'changeTeam', 'listUsageRecords', 'listModels']);

export interface ManagementParts {
  readonly origins: Readonly<Record<Service, string>>;
  readonly payloads: readonly Payload[];
  readonly things: Things;
  readonly judge: Judge;
  readonly admin: Readonly<Record<string, string>>;
  /** Of somebody who is signed in; renewed where the session has ended. */
  session(renew: boolean): Promise<Readonly<Record<string, string>>>;
  random(): number;
  say(text: string): void;
}

export interface ManagementCounts extends Record<string, number> {
  operations: number;
  fields: number;
  /** Operations without a body of ours: one was guessed. */
  guessed: number;
  accepted: number;
  verbatim: number;
  altered: number;
  rows_compared: number;
  rows_too_many: number;
}

interface Try {
  readonly where: string;
  readonly payload: Payload;
  readonly question: Question;
  readonly codes: ReadonlySet<string>;
  /** A header that no client would send. */
  readonly header?: string;
  after?(answer: Answer): Promise<void> | void;
}

/** What every operation may refuse with. */
const ALWAYS = ['invalid_request', 'invalid_json', 'permission_denied'];
const OF_PATHS = ['not_found', 'route_not_found', 'method_not_allowed', 'token_in_query'];

/** Every field of every operation, with every payload. */
export class ManagementAttack {
  readonly counts: ManagementCounts = {
    operations: 0,
    fields: 0,
    guessed: 0,
    accepted: 0,
    verbatim: 0,
    altered: 0,
    rows_compared: 0,
    rows_too_many: 0,
  };
  /** Rows that were made with our leave, by table. */
  readonly made = new Map<string, number>();
  private readonly parts: ManagementParts;
  private turn = 0;

  constructor(parts: ManagementParts) {
    this.parts = parts;
  }

  async run(): Promise<void> {
    const rows = Object.entries<Operation>(MANAGEMENT_OPERATIONS);
    for (const [name, operation] of rows) {
      this.counts.operations += 1;
      const path = pathTo(operation, this.parts.things);
      if (path === null) throw new Error(`${name}: say in permissions/paths.ts what its ids are ids of`);
      const before = this.parts.judge.cases;
      await this.attemptAll(operation, this.inPath(name, operation), LANES);
      // One after another where they change one thing, which is then read.
      await this.attemptAll(operation, this.inBody(name, operation, path), operation.method === 'POST' ? LANES : 1);
      await this.inQuery(name, operation, path);
      await this.attemptAll(operation, this.inHeaders(name, operation), LANES);
      this.parts.say(`${name}: ${this.parts.judge.cases - before} cases`);
    }
  }

  private questionOf(operation: Operation, path: string, body?: unknown): Question {
    return {
      origin: this.parts.origins[operation.service],
      method: operation.method,
      path,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
  }

  private attemptAll(operation: Operation, tries: readonly Try[], lanes: number): Promise<void> {
    return inLanes(tries, lanes, async (each) => void (await this.attempt(operation, each)));
  }

  private async attempt(operation: Operation, each: Try): Promise<Answer> {
    const { judge } = this.parts;
    const ask = async (renew: boolean): Promise<Answer> => {
      const who = await this.credentialsOf(operation, renew);
      const question = { ...each.question, headers: { ...who, ...each.question.headers } };
      return each.header === undefined ? send(question) : sendBytes(question, each.header, each.payload.text);
    };
    let answer = await ask(false);
    // An earlier case has signed them out.
    const own = operation.permission === ACCOUNT_PERMISSION;
    if (own && answer.status === 401 && !each.codes.has('invalid_api_key')) answer = await ask(true);
    judge.judge({
      ...{ where: each.where, payload: each.payload, answer, codes: each.codes },
      mayBeCut: each.header !== undefined && endsRequest(each.payload.text),
    });
    if (answer.status >= 200 && answer.status < 300) {
      this.counts.accepted += 1;
      await each.after?.(answer);
    }
    return answer;
  }

  private async credentialsOf({ permission }: Operation, renew: boolean): Promise<Readonly<Record<string, string>>> {
    if (permission === null) return { origin: this.parts.origins.auth };
    return permission === ACCOUNT_PERMISSION ? this.parts.session(renew) : this.parts.admin;
  }

  /** Each id, with the others real. */
  private inPath(name: string, operation: Operation): Try[] {
    const ids = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, id]) => id as string);
    this.counts.fields += ids.length;
    const codes = new Set([...ALWAYS, ...OF_PATHS, ...(operation.errors ?? [])]);
    return ids.flatMap((id) =>
      this.parts.payloads.flatMap((payload) => {
        const forms = [encode(payload.text)];
        if (/^[\x21-\x7e]+$/.test(payload.text) && !/[#?]/.test(payload.text)) forms.push(payload.text);
        return forms.map((text) => {
          const path = pathTo({ ...operation, path: operation.path.replace(`{${id}}`, 'PAYLOAD') }, this.parts.things) ?? '';
          const body = operation.body === undefined ? undefined : this.baseOf(name, operation, 0);
          const question = this.questionOf(
            operation,
            path.replace('PAYLOAD', () => text),
            body,
          );
          return { where: `${name} path {${id}}`, payload, question, codes };
        });
      }),
    );
  }

  private baseOf(name: string, operation: Operation, variant: number): unknown {
    this.turn += 1;
    const bases = BASES[name];
    if (bases === undefined) return guessOf(operation.body as Schema);
    return (bases[variant] ?? bases[0])?.(this.turn, this.parts.things);
  }

  /** Each field, with the others good; and a field that there is not. */
  private inBody(name: string, operation: Operation, path: string): Try[] {
    if (operation.body === undefined) return [];
    if (BASES[name] === undefined) {
      this.counts.guessed += 1;
      this.parts.say(`${name}: has no body in bodies.ts, one is guessed`);
    }
    const leaves = leavesOf(operation.body);
    this.counts.fields += leaves.length + 1;
    const codes = new Set([...ALWAYS, ...(operation.errors ?? []), 'not_found', 'conflict']);
    const tries: Try[] = [];
    for (const leaf of leaves) {
      const samples = (BASES[name] ?? []).map((base) => base(0, this.parts.things));
      const variant = Math.max(
        0,
        samples.findIndex((base) => valueAt(base, leaf.path) !== undefined),
      );
      for (const payload of this.parts.payloads) {
        const body = withValue(this.baseOf(name, operation, variant), leaf.path, payload.text);
        const where = `${name} body /${leaf.path.join('/')}`;
        const after = (answer: Answer) => this.compare(where, name, operation, leaf.path, payload.text, answer);
        tries.push({ where, payload, question: this.questionOf(operation, path, body), codes, after });
      }
    }
    for (const payload of this.parts.payloads) {
      const body = this.baseOf(name, operation, 0) as object;
      // As JSON text: of an object of ours, `__proto__` would be no field.
      const text = JSON.stringify(body).replace(/\}$/, `,${JSON.stringify(payload.text)}:{"polluted":"yes"}}`);
      const question = { ...this.questionOf(operation, path, body), body: text };
      tries.push({
        where: `${name} body, name of a field`,
        payload,
        question,
        codes,
        after: (answer) => this.count(name, answer),
      });
    }
    return tries;
  }

  private count(name: string, answer: Answer): void {
    if (answer.status !== 201) return;
    for (const table of MAKES[name] ?? []) this.made.set(table, (this.made.get(table) ?? 0) + 1);
  }

  /** What was accepted is kept to the letter. */
  private async compare(
    where: string,
    name: string,
    operation: Operation,
    path: readonly string[],
    text: string,
    answer: Answer,
  ): Promise<void> {
    this.count(name, answer);
    const normalise = NORMALISED[`${name} ${path.join('/')}`] ?? ((same: string) => same);
    const check = (body: unknown, which: string): void => {
      const stored = valueAt(body, path);
      if (typeof stored !== 'string') return;
      if (stored === normalise(text)) this.counts.verbatim += 1;
      else {
        this.counts.altered += 1;
        this.parts.say(`altered in the ${which}: ${where} ${JSON.stringify(text)} became ${JSON.stringify(stored)}`);
      }
    };
    check(answer.json, 'answer');
    const id = (answer.json as { id?: unknown } | undefined)?.id;
    const reader = Object.values<Operation>(MANAGEMENT_OPERATIONS).find(
      ({ method, path: of }) =>
        method === 'GET' && of === (operation.method === 'POST' ? `${operation.path}/{id}` : operation.path),
    );
    if (typeof id !== 'string' || reader === undefined) return;
    const read = await send({
      ...this.questionOf(reader, reader.path.replace('{id}', id)),
      headers: await this.credentialsOf(reader, false),
    });
    check(read.json, 'reading of it');
  }

  /** Each parameter; what comes back is held against what a text that matches nothing gives. */
  private async inQuery(name: string, operation: Operation, path: string): Promise<void> {
    if (operation.query === undefined) return;
    const leaves = leavesOf(operation.query);
    this.counts.fields += leaves.length + 1;
    const codes = new Set([...ALWAYS, ...(operation.errors ?? []), 'not_found', 'token_in_query']);
    const asks = async (key: string, payload: Payload, where: string): Promise<Answer> => {
      const question = this.questionOf(operation, `${path}?${encode(key)}=${encode(payload.text)}`);
      return this.attempt(operation, { where, payload, question, codes });
    };
    for (const leaf of leaves) {
      const key = leaf.path[0] as string;
      const where = `${name} query ${key}`;
      const none = await asks(key, { family: 'like', text: 'nothing-has-this-name' }, where);
      const known = new Set(none.status === 200 ? rowsOf(none).map(idOfRow) : []);
      await inLanes(this.parts.payloads, LANES, async (payload) => {
        const answer = await asks(key, payload, where);
        if (answer.status !== 200 || none.status !== 200) return;
        this.counts.rows_compared += 1;
        const surplus = rowsOf(answer).filter((row) => !known.has(idOfRow(row)) && !mentions(row, payload.text));
        if (surplus.length === 0) return;
        this.counts.rows_too_many += 1;
        this.parts.say(`too many rows: ${where} ${JSON.stringify(payload.text)}: ${JSON.stringify(surplus[0]).slice(0, 200)}`);
      });
    }
    await inLanes(this.parts.payloads, LANES, async (payload) => {
      await asks(payload.text, { ...payload, text: payload.text }, `${name} query, name of a parameter`);
    });
  }

  /** At things that are not there where the request would end something. */
  private inHeaders(name: string, operation: Operation): Try[] {
    const gentle = operation.method === 'GET' || operation.method === 'PATCH' || operation.method === 'PUT';
    const path = (pathTo(operation, gentle ? this.parts.things : {}) ?? '') + (NARROWED[name] ?? '');
    const { payloads } = this.parts;
    this.counts.fields += Object.keys(MANAGEMENT_HEADERS).length;
    return Object.entries(MANAGEMENT_HEADERS).flatMap(([header, more]) => {
      const codes = new Set([...ALWAYS, ...OF_PATHS, ...(operation.errors ?? []), ...more, 'conflict']);
      const own = operation.permission === ACCOUNT_PERMISSION;
      // A session that another case has just ended is no finding.
      if (own) codes.add('invalid_api_key');
      const chosen = WHOLE_HEADERS.has(name)
        ? payloads
        : Array.from({ length: SOME }, () => payloads[Math.floor(this.parts.random() * payloads.length)] as Payload);
      return chosen.map((payload) => {
        const body = operation.body === undefined ? undefined : this.baseOf(name, operation, 0);
        const question = this.questionOf(operation, path, body);
        return {
          where: `${name} header ${header}`,
          payload,
          question,
          codes,
          header,
          after: (answer: Answer) => this.count(name, answer),
        };
      });
    });
  }
}

/** An answer that would grow with all that the proof does. */
const NARROWED: Readonly<Record<string, string>> = { exportAudit: '?from_seq=1&to_seq=10' };

/** What no encoding knows goes as the sign that stands for it. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

const rowsOf = ({ json }: Answer): readonly unknown[] => {
  const { data } = (json ?? {}) as { data?: unknown };
  return Array.isArray(data) ? data : [];
};
const idOfRow = (row: unknown): string => {
  const { id, seq } = row as { id?: unknown; seq?: unknown };
  return String(id ?? seq ?? JSON.stringify(row));
};

/** Whether the text stands in a value of the row, whatever the case. */
function mentions(row: unknown, text: string): boolean {
  if (typeof row === 'string') return row.toLowerCase().includes(text.toLowerCase());
  return typeof row === 'object' && row !== null && Object.values(row).some((value) => mentions(value, text));
}
