/** The process cannot start (or go on) and an operator must act: one line that says what to do, no stack. */
export class BootError extends Error {
  override readonly name = 'BootError';
  constructor(
    message: string,
    /** 2: what was given is wrong (environment, files, schema). 1: the world is (port, database). */
    readonly exitCode: 1 | 2 = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
