import type { AdapterHello } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { readSealingKey, type SealingKey } from '@tollgate/policy';
import type { EnvironmentProvider } from '@tollgate/providers';

/** Three hellos in a row have not come. */
const SILENT_MS = 30_000;
const INSTANCES_MAX = 1_000;

/** The adapters that are there, by what they say of themselves. */
export class KnownAdapters {
  private readonly instances = new Map<string, { readonly hello: AdapterHello; readonly seen: number }>();
  private readonly since: number;

  constructor(
    private readonly clock: Clock,
    /** How long to listen before one that has not been heard counts as gone; 0 where there can be only one. */
    private readonly settleMs: number,
  ) {
    this.since = clock.monotonic();
  }

  /** Notes a hello; answers the sealing key where it is a good one. */
  hear(hello: AdapterHello): SealingKey | null {
    const seen = this.clock.monotonic();
    if (this.instances.size < INSTANCES_MAX || this.instances.has(hello.instance)) {
      this.instances.set(hello.instance, { hello, seen });
    }
    return readSealingKey(hello.sealingKey) === null ? null : hello.sealingKey;
  }

  /** Union of what the adapters open; `complete` where whoever has not been heard is surely gone. Null while there is nobody. */
  environment(): { readonly found: readonly EnvironmentProvider[]; readonly complete: boolean } | null {
    const now = this.clock.monotonic();
    const byName = new Map<string, EnvironmentProvider>();
    for (const [instance, { hello, seen }] of this.instances) {
      // The last one is kept: that the adapters are away says nothing about their environment.
      if (now - seen > SILENT_MS && this.instances.size > 1) this.instances.delete(instance);
      else for (const provider of hello.environmentProviders) byName.set(provider.provider, provider);
    }
    if (this.instances.size === 0) return null;
    const found = [...byName.values()].sort((a, b) => (a.provider < b.provider ? -1 : 1));
    return { found, complete: now - this.since >= this.settleMs };
  }
}
