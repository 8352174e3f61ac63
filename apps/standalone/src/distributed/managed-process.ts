import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import type { UpMessage } from '@tollgate/nest';

export interface ProcessPlan {
  /** `router-1` */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `ipc`: a Node process that says when it is up. `pipe`: ends when its stdin does; up when `isUp` says so. */
  readonly link: 'ipc' | 'pipe';
  /** For `pipe`. */
  isUp?(): Promise<boolean>;
}

export interface ManagedEvents {
  /** Pid, address or state have changed. */
  onChange(): void;
  /** It ended by itself; it is started again after so many milliseconds. */
  onRestart(name: string, how: string, afterMs: number): void;
}

const RESTART_FIRST_MS = 100;
const RESTART_MAX_MS = 5_000;
/** After so long a life the next end counts as the first again. */
const STEADY_MS = 10_000;
const LOOK_MS = 20;
/** What a process gets on top of its own grace before it is killed. */
const STOP_SLACK_MS = 10_000;

/** One process that is kept running: started again, with growing pauses, when it ends by itself. */
export class ManagedProcess {
  up: UpMessage | null = null;
  private child: ChildProcess | null = null;
  private stopping = false;
  private restartMs = RESTART_FIRST_MS;
  private everUp = false;
  private finished: Promise<void> = Promise.resolve();
  private settleFirst: { resolve(): void; reject(error: Error): void } | null = null;

  constructor(
    readonly plan: ProcessPlan,
    private readonly events: ManagedEvents,
  ) {}

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Resolves when it is up for the first time; rejects where it ends before that. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.settleFirst = { resolve, reject };
      this.spawn();
    });
  }

  /** Asks it to drain, waits, and kills it when it takes longer than it was given. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const limit = new AbortController();
    const late = wait(graceMs + STOP_SLACK_MS, undefined, { signal: limit.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
    await this.finished;
    limit.abort();
    await late;
  }

  private spawn(): void {
    const { plan } = this;
    const since = performance.now();
    // Its own session: Ctrl-C must reach the supervisor alone, which stops everything in the right order.
    const child = spawn(plan.file, [...plan.args], {
      env: plan.env as NodeJS.ProcessEnv,
      detached: true,
      stdio: plan.link === 'ipc' ? ['ignore', 2, 2, 'ipc'] : ['pipe', 2, 2],
    });
    this.child = child;
    child.stdin?.on('error', () => undefined);
    child.on('message', (message: UpMessage) => {
      if (message.type === 'up') this.markUp(message);
    });
    if (plan.link === 'pipe') void this.lookUntilUp(child);
    this.finished = new Promise((resolve) => {
      const ended = (how: string): void => {
        resolve();
        this.handleEnd(child, how, performance.now() - since);
      };
      child.once('exit', (code, signal) => ended(signal === null ? `with code ${code}` : `by ${signal}`));
      child.once('error', (error) => ended(`at its start: ${error.message}`));
    });
    this.events.onChange();
  }

  private async lookUntilUp(child: ChildProcess): Promise<void> {
    while (this.child === child && child.exitCode === null && child.signalCode === null) {
      if (await this.plan.isUp?.()) return this.markUp({ type: 'up', url: '', metricsUrl: null });
      await wait(LOOK_MS);
    }
  }

  private markUp(message: UpMessage): void {
    this.up = message;
    this.everUp = true;
    this.settleFirst?.resolve();
    this.settleFirst = null;
    this.events.onChange();
  }

  private handleEnd(child: ChildProcess, how: string, livedMs: number): void {
    if (this.child !== child) return;
    this.child = null;
    this.up = null;
    this.events.onChange();
    if (this.stopping) return;
    if (!this.everUp) {
      this.settleFirst?.reject(new Error(`${this.plan.name} ended ${how} before it was up`));
      this.settleFirst = null;
      return;
    }
    if (livedMs > STEADY_MS) this.restartMs = RESTART_FIRST_MS;
    const afterMs = this.restartMs;
    this.restartMs = Math.min(afterMs * 2, RESTART_MAX_MS);
    this.events.onRestart(this.plan.name, how, afterMs);
    setTimeout(() => {
      if (!this.stopping) this.spawn();
    }, afterMs);
  }
}
