import type { Readiness, ReadinessCheck, ReadinessReport } from './readiness.js';

/** Not ready without a single check that says so: a process that is still booting registers one. */
export function createReadiness(): Readiness {
  const checks = new Map<string, { readonly check: ReadinessCheck; readonly required: boolean }>();
  let draining = false;
  return {
    register: (name, check, options = {}) => {
      // Two services of one process may use the same word: neither may hide the other.
      let free = name;
      for (let number = 2; checks.has(free); number += 1) free = `${name}-${number}`;
      checks.set(free, { check, required: options.required ?? true });
    },
    report: (): ReadinessReport => {
      const results: Record<string, { ready: boolean; detail: string }> = {};
      let ready = !draining;
      for (const [name, { check, required }] of checks) {
        const result = safely(check);
        results[name] = result;
        if (required) ready &&= result.ready;
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

function safely(check: ReadinessCheck): { ready: boolean; detail: string } {
  try {
    return check();
  } catch {
    return { ready: false, detail: 'the check itself failed' };
  }
}
