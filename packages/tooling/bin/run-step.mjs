// Children of the start: steps that install and build, and the program that goes on afterwards. Whoever ends the start ends
// them too. Runs on Node >= 20.19, before anything is installed, so it imports nothing but Node itself.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** A step that is asked to stop gets so long to take its own children along. */
const STEP_GRACE_MS = 5_000;
const PARENT_LOOK_MS = 500;
const ownGroup = process.platform !== 'win32';

/** Ends the process with one clear line. */
export function giveUp(message, code = 1) {
  process.stderr.write(`tollgate: ${message}\n`);
  process.exit(code);
}

/** As a shell tells it: 130 after Ctrl-C. */
const exitCodeOf = (signal) => 128 + (constants.signals[signal] ?? 0);

/**
 * Calls `onStop` once with the name of the signal that asks this process to end. npm runs a script through a shell, and a
 * SIGTERM to npm ends the two of them without a word to us: a parent that is gone is that signal.
 */
function watchForStop(onStop) {
  let asked = false;
  const stop = (signal) => {
    if (asked) return;
    asked = true;
    onStop(signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid !== parent) stop('SIGTERM');
  }, PARENT_LOOK_MS);
  look.unref();
  if (process.env.npm_lifecycle_event === undefined) clearInterval(look);
  return () => {
    clearInterval(look);
    for (const signal of SIGNALS) process.off(signal, stop);
  };
}

/** Runs a step quietly; its output is shown only where it fails. Asked to stop, it ends with all that it has started. */
export function runStep([command, ...args], { what, cwd, env }) {
  return new Promise((done) => {
    // A group of its own: npm and turbo start children that would live on.
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: ownGroup });
    const output = [];
    let stoppedBy = null;
    const unwatch = watchForStop((signal) => {
      stoppedBy = signal;
      endGroup(child, 'SIGTERM');
      setTimeout(() => endGroup(child, 'SIGKILL'), STEP_GRACE_MS).unref();
    });
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => giveUp(`cannot ${what}: ${error.message}`));
    child.on('close', (code) => {
      unwatch();
      if (stoppedBy !== null) {
        endGroup(child, 'SIGKILL');
        // A spinner has left its line unfinished.
        if (process.stderr.isTTY) process.stderr.write('\n');
        return giveUp(`the ${what} step was stopped; the next start does it again`, exitCodeOf(stoppedBy));
      }
      if (code === 0) return done();
      process.stderr.write(`\n${Buffer.concat(output).toString('utf8')}\n`);
      return giveUp(`the ${what} step failed, its output is above`);
    });
  });
}

function endGroup(child, signal) {
  try {
    if (ownGroup) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // Nobody is left in it.
  }
}

/** Runs a program on the given Node in the foreground, hands signals over, and ends as it ends. */
export function handOver(node, args, env) {
  const child = spawn(node, args, { stdio: 'inherit', cwd: process.cwd(), env });
  // On a terminal the whole group gets Ctrl-C by itself: the program takes the second one, so soon after, for the same.
  watchForStop((signal) => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  child.on('exit', (code, signal) => process.exit(code ?? exitCodeOf(signal)));
  child.on('error', (error) => giveUp(`cannot run ${args[0]}: ${error.message}`));
}
