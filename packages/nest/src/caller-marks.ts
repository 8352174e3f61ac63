import { callerNetwork, callerProgram } from '@tollgate/policy';

/** Whoever sends a request. */
export interface Caller {
  readonly address: string;
  /** As the header has it. */
  readonly userAgent: string | undefined;
}

const KEPT_MAX = 10_000;
/** A longer header is read, but not kept. */
const HEADER_LENGTH_MAX = 256;

/** Networks and programs of callers; those that come again are not worked out again. */
export class CallerMarks {
  private readonly networks = new Map<string, string>();
  private readonly programs = new Map<string, string>();

  of({ address, userAgent = '' }: Caller): { readonly network: string; readonly program: string } {
    return {
      network: keep(this.networks, address, callerNetwork),
      program: userAgent.length > HEADER_LENGTH_MAX ? callerProgram(userAgent) : keep(this.programs, userAgent, callerProgram),
    };
  }
}

function keep(kept: Map<string, string>, text: string, read: (text: string) => string): string {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MAX) kept.clear();
  const value = read(text);
  kept.set(text, value);
  return value;
}
