import { TollgateError } from '@tollgate/kernel';

const UNIQUE_VIOLATION = '23505';

/** Turns Postgres' word that there is one already into a conflict. */
export async function orConflict<T>(work: Promise<T>, message: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code =
      (error as { driverError?: { code?: string }; code?: string }).driverError?.code ?? (error as { code?: string }).code;
    if (code !== UNIQUE_VIOLATION) throw error;
    throw new TollgateError('conflict', message, { cause: error });
  }
}
