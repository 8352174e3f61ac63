import type { Readiness, ReadinessReport } from './readiness.js';

type Check = () => { readonly ready: boolean; readonly detail: string };

/** Not ready without a single check that says so: a process that is still booting registers one. */
export function createReadiness(): Readiness {
  const checks = new Map<string, Check>();
  let draining = false;
  return {
    register: (name, check) => void checks.set(name, check),
    report: (): ReadinessReport => {
      const results: Record<string, { ready: boolean; detail: string }> = {};
      let ready = !draining;
      for (const [name, check] of checks) {
        const result = safely(check);
        results[name] = result;
        ready &&= result.ready;
      }
      if (draining) results['process'] = { ready: false, detail: 'draining' };
      return { ready, checks: results };
    },
    beginDrain: () => {
      draining = true;
    },
    get draining() {
      return draining;
    },
  };
}

function safely(check: Check): { ready: boolean; detail: string } {
  try {
    return check();
  } catch {
    return { ready: false, detail: 'the check itself failed' };
  }
}
