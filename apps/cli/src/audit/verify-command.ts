import { type AuditExportFlaw, type AuditExportSummary, AuditExportVerifier, type AuditVerifierSettings } from '@tollgate/policy';
import { Command, Option } from 'commander';
import { CliError, type CliIo, EXIT, type ExitCode } from '../cli-io.js';
import { OUTPUTS, type Output, printRow } from '../print.js';
import { readBytes, readLines } from './read-lines.js';
import { readKeptCheckpoints, readPublicKeys } from './read-public-keys.js';

interface Options {
  readonly output: Output;
  readonly publicKey?: string;
  readonly checkpoint?: string;
}

const AFTER = `
FILE is an export of the audit trail (JSON lines, also packed with gzip); - is standard input.
Without --public-key the keys that the export itself names are taken: that finds every change by somebody who has
not the signing key, but not an export that is a forgery as a whole. Keep the answer of /api/v1/audit/keys.

Exit code: 0 nothing was changed, 1 something was, 2 wrong usage, 3 the file cannot be read.`;

export const verifyCommand = (io: CliIo, end: (code: ExitCode) => void): Command =>
  new Command('verify')
    .description('verify an export of the audit trail, without a network')
    .argument('<file>', 'the export, or -')
    .option('--public-key <file>', 'the only keys that count: PEM, base64url, or the answer of /api/v1/audit/keys')
    .option('--checkpoint <file>', 'a checkpoint that was kept elsewhere: the trail must go through it')
    .addOption(new Option('-o, --output <format>', 'how the result is written').choices(OUTPUTS).default('table'))
    .addHelpText('after', AFTER)
    .action(async (path: string, options: Options) => {
      const settings: AuditVerifierSettings = {
        ...(options.publicKey !== undefined && { pinned: readPublicKeys(options.publicKey) }),
        ...(options.checkpoint !== undefined && { witnesses: readKeptCheckpoints(options.checkpoint) }),
      };
      const result = await verify(path, settings, io);
      end(report(io, options, path, result));
    });

async function verify(path: string, settings: AuditVerifierSettings, io: CliIo): Promise<AuditExportFlaw | AuditExportSummary> {
  const verifier = new AuditExportVerifier(settings);
  let count = 0;
  let shown = performance.now();
  try {
    for await (const { lines, trouble } of readLines(readBytes(path, io.stdin))) {
      for (const line of lines) {
        const flaw = verifier.take(line);
        if (flaw !== null) return flaw;
      }
      if (trouble !== null) return verifier.refuse(trouble);
      count += lines.length;
      if (io.errIsTerminal && performance.now() - shown > 500) {
        io.err(`\r${count} lines`);
        shown = performance.now();
      }
    }
  } catch (error) {
    throw new CliError(EXIT.failed, `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    if (io.errIsTerminal) io.err('\r\u001b[K');
  }
  return verifier.finish();
}

function report(io: CliIo, { output, publicKey }: Options, path: string, result: AuditExportFlaw | AuditExportSummary): ExitCode {
  if ('flaw' in result) {
    printRow(io, output, { valid: false, ...result });
    io.err(`tollgate: ${path}: line ${result.line}: ${result.detail}\n`);
    return EXIT.no;
  }
  printRow(io, output, { valid: true, ...result, pinned: publicKey !== undefined });
  if (publicKey === undefined) io.err('tollgate: checked with the keys that the export names itself; --public-key pins them\n');
  return EXIT.ok;
}
