import { EnvironmentError } from '@tollgate/kernel';
import { redactText } from '@tollgate/telemetry';
import { BootError } from './boot-error.js';

/** What a failed start says on stderr, and how the process ends. A mistake of the operator's gets no stack. */
export function describeBootFailure(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof BootError) return { text: redactText(error.message), exitCode: error.exitCode };
  if (error instanceof EnvironmentError) return { text: redactText(listOf(error.problems)), exitCode: 2 };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: redactText(`The process could not start: ${stack}`), exitCode: 1 };
}

function listOf(problems: readonly string[]): string {
  const [only] = problems;
  if (problems.length === 1 && only !== undefined) return only;
  return `${problems.length} things keep this from starting:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`;
}

/** The server could not be bound. */
export function listenFailure(error: unknown, host: string, port: number, variable: string): BootError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} on ${host} is taken: stop what uses it, or choose another one with ${variable}.`,
    EACCES: `Port ${port} may not be used by this user: choose one above 1023 with ${variable}.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: mend HOST.`,
    ENOTFOUND: `The name ${host} is not known: mend HOST.`,
  };
  return new BootError(why[code] ?? `Cannot listen on ${host}:${port} (${code}): mend HOST or ${variable}.`, 1, { cause: error });
}
