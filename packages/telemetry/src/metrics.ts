/** Labels have few values: never an id of a token or a request. */
export type Labels<L extends string> = Readonly<Record<L, string>>;

export interface Counter<L extends string> {
  add(labels: Labels<L>, value?: number): void;
}
export interface Histogram<L extends string> {
  observe(labels: Labels<L>, value: number): void;
}

/** Prometheus metrics; each name stands once, in `metric-names.ts`. Asking again for a name gives the same instrument. */
export interface Metrics {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L>;
  histogram<L extends string>(name: string, help: string, labels: readonly L[], buckets: readonly number[]): Histogram<L>;
  /** Read at scrape time. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** Text exposition format. */
  render(): Promise<string>;
}
