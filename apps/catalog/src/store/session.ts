/** Runs parametrised SQL in the transaction at hand. */
export type Query = <R>(sql: string, parameters?: readonly unknown[]) => Promise<R[]>;

/** What one change of the catalogue works with: its transaction, its time and its ids. */
export interface WriteSession {
  readonly query: Query;
  readonly now: Date;
  newId(prefix: 'prov' | 'cred' | 'model' | 'price' | 'dep' | 'route' | 'audit'): string;
}

export const ORIGINS = ['builtin', 'environment', 'file', 'api'] as const;
export type Origin = (typeof ORIGINS)[number];
