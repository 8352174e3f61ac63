import type { Readable } from 'node:stream';

/** ok; what was asked about is not so; used wrongly; could not be done. */
export const EXIT = { ok: 0, no: 1, usage: 2, failed: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a command reads and writes: data on `out`, messages on `err`. */
export interface CliIo {
  readonly stdin: Readable;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** A person looks at `out`: then colours may be used. */
  readonly outIsTerminal: boolean;
  /** A person looks at `err`: then progress may be shown. */
  readonly errIsTerminal: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** Ends a command with a message for its user. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}
