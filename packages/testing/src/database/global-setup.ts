import { offerSharedPostgres } from './shared-postgres.js';

/** Vitest's `globalSetup`: what it returns is called at the end of the run. */
export const setup = (): Promise<() => Promise<void>> => offerSharedPostgres();
