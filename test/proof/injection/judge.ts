import { ERROR_CODES, isErrorCode } from '@tollgate/kernel';
import { EVALUATED, type Payload, SLEEP_MS } from './corpus.ts';
import type { Answer } from './send.ts';

export interface Case {
  /** `changeToken body /name`: for people. */
  readonly where: string;
  readonly payload: Payload;
  readonly answer: Answer;
  /** Codes of refusals that may come of it. */
  readonly codes: ReadonlySet<string>;
  /** The payload ended the request, and what came after it is none: Node ends the connection then. */
  readonly mayBeCut?: boolean;
}

/** Traces of what is behind the API, which no answer may show. */
const INTERNALS =
  /syntax error at or near|QueryFailedError|node_modules|invalid input syntax|violates (unique|foreign|check|not-null)|invalid byte sequence|unterminated quoted|\bat \S+ \((file:|\/|node:)|\bpg_catalog\b|SQLSTATE|TypeError|ReferenceError|RangeError/;
const FILES = /root:x:0:0/;

/** Everything that is counted against us; all must stay 0. */
export type Faults = Record<
  | 'answers_5xx'
  | 'unanswered'
  | 'unexplained'
  | 'internals_shown'
  | 'headers_split'
  | 'evaluated'
  | 'markup_unescaped'
  | 'slept'
  | 'foreign_shown',
  number
>;

export const newFaults = (): Faults => ({
  answers_5xx: 0,
  unanswered: 0,
  unexplained: 0,
  internals_shown: 0,
  headers_split: 0,
  evaluated: 0,
  markup_unescaped: 0,
  slept: 0,
  foreign_shown: 0,
});

export class Judge {
  readonly faults = newFaults();
  /** Answers by status. */
  readonly statuses = new Map<number, number>();
  cases = 0;

  /** Stands in every name of the other tenant. */
  private readonly foreign: readonly string[];
  private readonly texts: readonly string[];
  private readonly say: (text: string) => void;

  constructor(foreign: readonly string[], texts: readonly string[], say: (text: string) => void) {
    this.foreign = foreign;
    this.texts = texts;
    this.say = say;
  }

  judge(tried: Case): void {
    const { answer, payload } = tried;
    this.cases += 1;
    this.statuses.set(answer.status, (this.statuses.get(answer.status) ?? 0) + 1);
    if (answer.status === 0) {
      if (tried.mayBeCut !== true) this.fault('unanswered', tried);
    } else if (answer.status >= 500) this.fault('answers_5xx', tried);
    else if (!isExplained(tried)) this.fault('unexplained', tried);
    if ('x-injected' in answer.headers || /(^|, )a=b/.test(answer.headers['set-cookie'] ?? ''))
      this.fault('headers_split', tried);
    const rest = this.withoutPayloads(answer.text);
    if (INTERNALS.test(rest)) this.fault('internals_shown', tried);
    if (rest.includes(EVALUATED) || FILES.test(rest)) this.fault('evaluated', tried);
    if (this.foreign.some((mark) => answer.text.includes(mark))) this.fault('foreign_shown', tried);
    if (payload.family === 'time' && answer.ms >= SLEEP_MS) this.fault('slept', tried);
    const page = answer.headers['content-type']?.includes('html') === true;
    if (page && /[<"']/.test(payload.text) && payload.text.length > 2 && answer.text.includes(payload.text))
      this.fault('markup_unescaped', tried);
  }

  /** What was stored comes back in lists, and may hold anything. */
  private withoutPayloads(text: string): string {
    if (!text.includes('zqinj')) return text;
    let rest = text;
    for (const each of this.texts) rest = rest.replaceAll(each, '');
    return rest;
  }

  private fault(kind: keyof Faults, { where, payload, answer }: Case): void {
    this.faults[kind] += 1;
    if (this.faults[kind] > 20) return;
    const short = JSON.stringify(payload.text.slice(0, 60));
    this.say(`${kind}: ${where} ${short}: ${answer.status} in ${Math.round(answer.ms)} ms ${answer.text.slice(0, 200)}`);
  }
}

/** A good answer, or a refusal whose code is one of ours, fits its status and may come of this. */
function isExplained({ answer, codes }: Case): boolean {
  if (answer.status < 300) return true;
  // Node's own parser turns away what is no HTTP, before anything of ours.
  if ((answer.status === 400 || answer.status === 431) && answer.text === '') return true;
  const code = codeOf(answer);
  if (code === null) return false;
  if (!codes.has(code)) return false;
  return !isErrorCode(code) || ERROR_CODES[code].httpStatus === answer.status;
}

/** Of a problem, of an error in a dialect, or of OAuth. */
export function codeOf({ json, headers }: Answer): string | null {
  if (typeof json !== 'object' || json === null) return headers['content-type']?.includes('html') === true ? 'page' : null;
  const { code, error } = json as { code?: unknown; error?: unknown };
  if (typeof code === 'string') return code;
  if (typeof error === 'string') return error;
  const inner = (error as { code?: unknown; status?: unknown } | undefined)?.code;
  if (typeof inner === 'string') return inner;
  const type = (error as { type?: unknown } | undefined)?.type;
  return typeof type === 'string' && Object.hasOwn(OF_ANTHROPIC, type) ? (OF_ANTHROPIC[type] ?? null) : null;
}

/** Its envelope has types and no codes. */
const OF_ANTHROPIC: Readonly<Record<string, string>> = {
  not_found_error: 'model_not_found',
  invalid_request_error: 'invalid_request',
  request_too_large: 'body_too_large',
};

/** The payloads as they look in JSON: what is taken out of an answer before it is searched for our own words. */
export const textsOf = (payloads: readonly Payload[]): readonly string[] =>
  [...new Set(payloads.flatMap(({ text }) => [JSON.stringify(text).slice(1, -1), text]))].toSorted((a, b) => b.length - a.length);
