import { Command, CommanderError } from 'commander';
import { verifyCommand } from './audit/verify-command.js';
import { CliError, type CliIo, EXIT, type ExitCode } from './cli-io.js';

/** Runs one command line (without `node` and the script). */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command('tollgate')
    .description('The command line of Tollgate')
    .version('0.1.0')
    .showHelpAfterError('(add --help for the options)')
    .configureHelp({ showGlobalOptions: true });
  const audit = program.command('audit').description('the audit trail');
  const end = (code: ExitCode): void => {
    exitCode = code;
  };
  audit.addCommand(verifyCommand(io, end));
  for (const command of [program, ...program.commands, ...audit.commands]) {
    command.exitOverride().configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CliError)) throw error;
    io.err(`tollgate: ${error.message}\n`);
    return error.exitCode;
  }
}
