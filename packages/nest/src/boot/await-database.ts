import { systemClock } from './system-clock.js';

export interface DatabaseWait {
  readonly url: string;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  onWaiting(text: string): void;
}

/** Resolves once a login to Postgres succeeds; throws a BootError where it never will, or not in time. */
export async function awaitDatabase(wait: DatabaseWait): Promise<void> {
  // Loaded only where something is stored.
  const { reach } = await import('./open-databases.js');
  await reach({ ...wait, clock: systemClock });
}
