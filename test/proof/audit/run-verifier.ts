import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../apps/cli/bin/tollgate.mjs', import.meta.url));

export interface Verdict {
  readonly code: number | null;
  /** What the command printed as JSON; null where that was nothing. */
  readonly result: { readonly valid: boolean; readonly line?: number; readonly flaw?: string; readonly events?: number } | null;
  readonly message: string;
}

/** `tollgate audit verify`, as its user runs it. `text` goes to its standard input. */
export async function runVerifier(args: readonly string[], text?: string | Buffer): Promise<Verdict> {
  const child = spawn(process.execPath, [CLI, 'audit', 'verify', '-o', 'json', ...args], { stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => {
    out += part.toString('utf8');
  });
  child.stderr.on('data', (part: Buffer) => {
    err += part.toString('utf8');
  });
  // It may have seen enough before the end.
  child.stdin.on('error', () => undefined);
  child.stdin.end(text ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, result: out === '' ? null : (JSON.parse(out) as Verdict['result']), message: err };
}
