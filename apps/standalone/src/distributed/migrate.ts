import { spawn } from 'node:child_process';
import { BootError } from '@tollgate/nest';
import { STORING } from './environment-of.js';
import type { ServicePlan } from './service-plans.js';

/** Migrations are a step of their own, before any service starts: one short-lived process for each that stores something. */
export async function migrate(plans: readonly ServicePlan[], signal: AbortSignal): Promise<void> {
  const firsts = STORING.flatMap((service) => plans.find((plan) => plan.services.includes(service)) ?? []);
  await Promise.all(firsts.map((plan) => migrateOne(plan, signal)));
}

function migrateOne(plan: ServicePlan, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(plan.file, [...plan.args], {
      env: { ...plan.env, TOLLGATE_MIGRATE: 'only' },
      stdio: ['ignore', 2, 2],
      signal,
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new BootError(`the migrations of ${plan.name} failed: see the line above.`));
    });
  });
}
