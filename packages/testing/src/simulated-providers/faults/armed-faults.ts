import { type Fault, faultOfModel, NO_FAULT, readFault } from './fault.js';

/** Chooses the fault of each call: what was armed for the provider, else what the model's name says. */
export interface ArmedFaults {
  /** The next `times` calls of the provider get this fault. Throws on a name that is none. */
  arm(provider: string, name: string, times?: number): void;
  clear(): void;
  next(provider: string, model: string): Fault;
}

export function createArmedFaults(): ArmedFaults {
  const armed = new Map<string, { readonly fault: Fault; left: number }>();
  const windows = new Map<string, number>();
  /** A window counts its own calls; when it is over, the next one begins. */
  const inWindow = (key: string, fault: Extract<Fault, { kind: 'window' }>): Fault => {
    const seen = windows.get(key) ?? 0;
    if (seen >= fault.times) {
      windows.delete(key);
      return NO_FAULT;
    }
    windows.set(key, seen + 1);
    return { kind: 'status', status: fault.status, retryAfterMs: fault.retryAfterMs };
  };
  return {
    arm(provider, name, times = 1) {
      const fault = readFault(name);
      if (fault === null) throw new Error(`There is no fault ${name}`);
      armed.set(provider, { fault, left: times });
    },
    clear() {
      armed.clear();
      windows.clear();
    },
    next(provider, model) {
      const entry = armed.get(provider);
      if (entry !== undefined && entry.left > 0) {
        entry.left -= 1;
        return entry.fault.kind === 'window' ? inWindow(provider, entry.fault) : entry.fault;
      }
      const fault = faultOfModel(model);
      return fault.kind === 'window' ? inWindow(`${provider}/${model}`, fault) : fault;
    },
  };
}
