import { parseArgs } from 'node:util';
import { SERVICES, type Service } from '@tollgate/contracts';
import { BootError } from '@tollgate/nest';

const COUNT_MAX = 32;

/** What runs, and how often. `data-plane` is router and adapters in one process. */
export type Counts = Readonly<Record<Service | 'data-plane', number>>;

export const USAGE =
  `npm run start:distributed -- [--router=N] [--provider-adapters=N] [--auth=N] [--catalog=N] [--analytics=N] [--data-plane=N]\n` +
  '  N processes of each service (1). --data-plane=N runs router and adapters together, in N processes, instead of apart.\n';

export function parseFlags(args: readonly string[]): Counts | 'help' {
  const names = [...SERVICES, 'data-plane'] as const;
  const options = Object.fromEntries([
    ...names.map((name) => [name, { type: 'string' as const }]),
    ['help', { type: 'boolean' as const }],
  ]);
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({ args: [...args], options, allowPositionals: false }).values as typeof values;
  } catch (error) {
    throw new BootError(`${error instanceof Error ? error.message : error}\n${USAGE}`, 2);
  }
  if (values['help'] === true) return 'help';
  const together = count(values, 'data-plane', 0);
  const apart = together > 0 ? 0 : 1;
  const entries = names.map((name) => {
    if (name === 'data-plane') return [name, together];
    return [name, count(values, name, name === 'router' || name === 'provider-adapters' ? apart : 1)];
  });
  return Object.fromEntries(entries) as Record<keyof Counts, number>;
}

function count(values: Readonly<Record<string, string | boolean | undefined>>, name: string, fallback: number): number {
  const text = values[name];
  if (text === undefined) return fallback;
  if (typeof text !== 'string' || !/^\d{1,2}$/.test(text) || Number(text) > COUNT_MAX) {
    throw new BootError(`--${name}=${text} is not usable: expected a whole number from 0 to ${COUNT_MAX}\n${USAGE}`, 2);
  }
  return Number(text);
}
