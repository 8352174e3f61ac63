export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ready: boolean; readonly detail: string }>>;
}

export type ReadinessCheck = () => { readonly ready: boolean; readonly detail: string };

export interface ReadinessOptions {
  /** false: listed, but the process takes traffic without it. True by default. */
  readonly required?: boolean;
}

/** What `/readyz` shows. A check looks at state that is already known; it does no work of its own. */
export interface Readiness {
  /** A name that is taken already gets a number behind it. */
  register(name: string, check: ReadinessCheck, options?: ReadinessOptions): void;
  report(): ReadinessReport;
  /** From now on not ready: the process is on its way out. */
  beginDrain(): void;
  readonly draining: boolean;
}
