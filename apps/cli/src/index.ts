export { type CliIo, EXIT, type ExitCode } from './cli-io.js';
export { runCli } from './run-cli.js';
