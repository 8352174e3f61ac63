import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';

export interface ProcessSettings {
  /** Shown in errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Everything that it prints is appended here. */
  readonly logFile: string;
  /**
   * `message`: up when it says so over IPC, and it ends with us. `line`: up when it prints a line that matches. `probe`: up
   * when the promise is fulfilled.
   */
  readonly up:
    | { readonly by: 'message' }
    | { readonly by: 'line'; readonly pattern: RegExp }
    | { readonly by: 'probe'; probe(): Promise<void> };
  readonly upWithinMs?: number;
}

export interface ManagedProcess {
  readonly name: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly running: boolean;
  /** Milliseconds from the last start to `up`. */
  readonly startMs: number;
  /** The line or message that told that it is up. */
  readonly greeting: string;
  start(): Promise<void>;
  /** Sends the signal and waits for the end. */
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): Promise<{ readonly code: number | null; readonly signal: string | null }>;
  logs(): string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A real process of the product, that can be killed and started again as it was. Not started yet. */
export function manageProcess(settings: ProcessSettings): ManagedProcess {
  let child: ChildProcess | null = null;
  let startMs = 0;
  let greeting = '';
  const isRunning = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;
  return {
    name: settings.name,
    get pid() {
      return child?.pid ?? 0;
    },
    get running() {
      return isRunning();
    },
    get startMs() {
      return startMs;
    },
    get greeting() {
      return greeting;
    },
    async start() {
      const since = performance.now();
      const byMessage = settings.up.by === 'message';
      const started = spawn(settings.command, settings.args, {
        cwd: settings.folder,
        env: settings.env,
        stdio: byMessage ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      running.add(started);
      started.once('exit', () => running.delete(started));
      const log = createWriteStream(settings.logFile, { flags: 'a' });
      started.stdout?.pipe(log, { end: false });
      started.stderr?.pipe(log, { end: false });
      started.once('close', () => log.end());
      greeting = await untilUp(settings, started);
      startMs = performance.now() - since;
    },
    async kill(signal) {
      const current = child;
      if (current === null || !isRunning()) return { code: current?.exitCode ?? null, signal: current?.signalCode ?? null };
      const gone = once(current, 'exit');
      current.kill(signal);
      await gone;
      return { code: current.exitCode, signal: current.signalCode };
    },
    logs: () => readFileSync(settings.logFile, 'utf8'),
  };
}

function untilUp(settings: ProcessSettings, child: ChildProcess): Promise<string> {
  const { up, upWithinMs = 30_000 } = settings;
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      const log = readFileSync(settings.logFile, 'utf8');
      reject(new Error(`${settings.name} ${why}:\n${log.slice(-3_000)}`));
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`was not up within ${upWithinMs} ms`);
    }, upWithinMs);
    const done = (text: string): void => {
      clearTimeout(timer);
      child.off('exit', ended);
      resolve(text);
    };
    // The log is written behind the exit; a moment later it holds the reason.
    const ended = (): void => void setTimeout(() => fail(`ended with ${child.exitCode ?? child.signalCode}`), 100);
    child.once('exit', ended);
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    if (up.by === 'message') child.once('message', (message) => done(JSON.stringify(message)));
    else if (up.by === 'probe')
      up.probe().then(
        () => done(''),
        () => undefined,
      );
    else {
      let text = '';
      child.stdout?.on('data', (part: Buffer) => {
        text += part.toString('utf8');
        const line = text.split('\n').find((candidate, index, all) => index < all.length - 1 && up.pattern.test(candidate));
        if (line !== undefined) done(line);
      });
    }
  });
}
