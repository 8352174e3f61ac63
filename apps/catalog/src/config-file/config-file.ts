import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BootError } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { CatalogStore } from '../store/catalog-store.js';
import { applyConfig } from './apply-config.js';
import { linesOf, unreadable } from './find-mistakes.js';
import type { ConfigProblem } from './read-config.js';
import { type ResolvedConfig, resolveConfig } from './resolve-config.js';
import { SealedLiterals } from './seal-literals.js';

/** Where the file system tells of no change (network mounts), the file is looked at so often. */
const POLL_MS = 2_000;
/** The file's providers have prices from the tables, which begin on a day or hold for hours of the day. */
const REFRESH_MS = 3_600_000;
/** An editor writes in several steps. */
const QUIET_MS = 50;

export interface ConfigFileSettings {
  readonly path: string;
  readonly store: CatalogStore;
  readonly logger: Logger;
  /** For `${NAME}` in base URLs; credentials are opened by the adapters. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What the file owns has changed. */
  onApplied(): void;
}

/** tollgate.yaml: read at the start (where a mistake ends it) and on every change (where a mistake keeps the last good one). */
export class ConfigFile {
  private readonly literals = new SealedLiterals();
  private good: ResolvedConfig | null = null;
  /** Milliseconds since the epoch. */
  private readAt = 0;
  private seen = '';
  private problem: string | null = null;
  private unbound = '';
  private watcher: FSWatcher | null = null;
  private timer: NodeJS.Timeout | null = null;
  private quiet: NodeJS.Timeout | null = null;
  private working: Promise<void> = Promise.resolve();

  constructor(private readonly settings: ConfigFileSettings) {}

  /** No file is named: what an earlier one declared is gone. */
  static async forget(store: CatalogStore): Promise<void> {
    const nothing: ResolvedConfig = { providers: [], routes: [], warnings: [] };
    await store.write((session) => applyConfig(session, nothing, new SealedLiterals()));
  }

  async start(): Promise<void> {
    const { path } = this.settings;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      throw new BootError(unreadable(path, error), 2, { cause: error });
    }
    const problems = await this.read(text);
    if (problems !== null) throw new BootError(linesOf(path, problems).join('\n'), 2);
    await this.apply();
    this.settings.onApplied();
    this.watch();
  }

  stop(): void {
    this.watcher?.close();
    if (this.timer !== null) clearInterval(this.timer);
    if (this.quiet !== null) clearTimeout(this.quiet);
  }

  state(): { readonly ready: boolean; readonly detail: string } {
    return this.problem === null ? { ready: true, detail: 'applied' } : { ready: false, detail: this.problem };
  }

  /** Keys that stand in the file are sealed anew. */
  async keyArrived(): Promise<void> {
    if (this.good?.providers.some(({ keys }) => keys.some(({ credential }) => credential.source === 'literal')))
      await this.apply();
  }

  /** Routes may name providers that are there only now. */
  async providersChanged(): Promise<void> {
    if (this.unbound !== '') await this.apply();
  }

  /** What the price tables say of the file's providers is read anew; also done every hour. */
  pricesChanged(): Promise<void> {
    this.readAt = 0;
    return this.check();
  }

  /** Looks at the file now. */
  check(): Promise<void> {
    this.working = this.working
      .then(() => this.reload())
      .catch((error: unknown) => this.complain([{ line: 0, column: 0, message: String(error) }]));
    return this.working;
  }

  private watch(): void {
    const soon = (): void => {
      if (this.quiet !== null) clearTimeout(this.quiet);
      this.quiet = setTimeout(() => void this.check(), QUIET_MS);
    };
    try {
      // The folder, not the file: a file that is replaced is another one.
      this.watcher = watch(dirname(this.settings.path), { persistent: false }, soon);
      this.watcher.on('error', () => this.watcher?.close());
    } catch {
      // The poll below sees it too, a little later.
    }
    this.timer = setInterval(() => void this.check(), POLL_MS);
    this.timer.unref();
  }

  private async reload(): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.settings.path, 'utf8');
    } catch {
      return this.complain([{ line: 0, column: 0, message: 'cannot be read' }]);
    }
    const same = hashOf(text) === this.seen;
    if (same && (this.problem !== null || this.settings.store.nowMs() - this.readAt < REFRESH_MS)) return;
    const problems = await this.read(text);
    if (problems !== null) return this.complain(problems);
    await this.apply();
    this.settings.onApplied();
    if (!same) this.settings.logger.info({ file: this.settings.path }, 'configuration file applied');
  }

  /** Notes the text as seen, and its content as good where it is; else the problems. */
  private async read(text: string): Promise<readonly ConfigProblem[] | null> {
    this.seen = hashOf(text);
    this.readAt = this.settings.store.nowMs();
    // Only who has a file pays for the parser.
    const { readConfig } = await import('./read-config.js');
    const reading = readConfig(text);
    if (!reading.ok) return reading.problems;
    const resolution = await resolveConfig(reading, this.settings.variables, new Date(this.settings.store.nowMs()));
    if (!resolution.ok) return resolution.problems;
    this.good = resolution.config;
    this.problem = null;
    const { logger, path } = this.settings;
    for (const { line, message } of resolution.config.warnings)
      logger.warn({ file: path, line }, `configuration file: ${message}`);
    return null;
  }

  private async apply(): Promise<void> {
    const { good, literals } = this;
    if (good === null) return;
    const { store, logger } = this.settings;
    const { unsealed, unbound } = await store.write((session) => applyConfig(session, good, literals));
    if (unsealed.length > 0) logger.warn({ providers: unsealed }, 'keys of the configuration file wait for a provider adapter');
    if (unbound.length > 0 && unbound.join() !== this.unbound) {
      logger.warn({ models: unbound }, 'routes of the configuration file name models whose provider is not there yet');
    }
    this.unbound = unbound.join();
  }

  private complain(problems: readonly ConfigProblem[]): void {
    const { path, logger } = this.settings;
    const text = lineOf(path, problems);
    if (text === this.problem) return;
    this.problem = text;
    for (const { line, column, message } of problems) {
      logger.error(
        { file: path, line, column },
        `the configuration file is not usable, the last good one stays in force: ${message}`,
      );
    }
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function lineOf(path: string, problems: readonly ConfigProblem[]): string {
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return `${path}:${first?.line ?? 1}:${first?.column ?? 1}: ${first?.message ?? 'is not usable'}${more}`;
}
