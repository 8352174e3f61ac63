import type { Dialect, Endpoint, UpstreamsSnapshot } from '@tollgate/contracts';
import { fail } from '@tollgate/kernel';
import type { CredentialOpener } from '../credentials/open-credential.js';
import { makeTarget, type TargetParts, type TargetResult } from './target.js';

interface KnownTarget {
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  readonly result: TargetResult;
}

/** One snapshot, indexed; targets are made when they are first called. */
export class UpstreamsView {
  readonly epoch: string;
  readonly revision: number;
  private readonly deployments: ReadonlyMap<string, UpstreamsSnapshot['deployments'][number]>;
  private readonly providers: ReadonlyMap<string, UpstreamsSnapshot['providers'][number]>;
  private readonly credentials: ReadonlyMap<string, UpstreamsSnapshot['credentials'][number]>;
  /** By deployment; one that serves several endpoints has several. */
  private readonly targets = new Map<string, KnownTarget[]>();

  constructor(
    snapshot: UpstreamsSnapshot,
    private readonly opener: CredentialOpener,
  ) {
    this.epoch = snapshot.epoch;
    this.revision = snapshot.revision;
    this.deployments = new Map(snapshot.deployments.map((entry) => [entry.id, entry]));
    this.providers = new Map(snapshot.providers.map((entry) => [entry.id, entry]));
    this.credentials = new Map(snapshot.credentials.map((entry) => [entry.id, entry]));
  }

  knows(deploymentId: string): boolean {
    return this.deployments.has(deploymentId);
  }

  get deploymentCount(): number {
    return this.deployments.size;
  }

  /** Origins that may be called, to close the connections to all others. */
  origins(): Set<string> {
    const origins = new Set<string>();
    for (const { baseUrl } of this.providers.values()) if (URL.canParse(baseUrl)) origins.add(new URL(baseUrl).origin);
    return origins;
  }

  target(deploymentId: string, endpoint: Endpoint, dialect: Dialect): TargetResult {
    const known = this.targets.get(deploymentId);
    const found = known?.find((entry) => entry.endpoint === endpoint && entry.dialect === dialect);
    if (found !== undefined) return found.result;
    const result = this.make(deploymentId, endpoint, dialect);
    // An unknown id is not kept: callers could fill the memory with such.
    if (!this.deployments.has(deploymentId)) return result;
    const entry = { endpoint, dialect, result };
    if (known === undefined) this.targets.set(deploymentId, [entry]);
    else known.push(entry);
    return result;
  }

  /** What stands behind a deployment; null where it is not known. */
  parts(deploymentId: string): Pick<TargetParts, 'provider' | 'credential'> | null {
    const deployment = this.deployments.get(deploymentId);
    const provider = this.providers.get(deployment?.providerId ?? '');
    const credential = this.credentials.get(deployment?.credentialId ?? '');
    return provider === undefined || credential === undefined ? null : { provider, credential };
  }

  private make(deploymentId: string, endpoint: Endpoint, dialect: Dialect): TargetResult {
    const deployment = this.deployments.get(deploymentId);
    if (deployment === undefined) return fail(`deployment ${deploymentId} is not in revision ${this.revision} of the catalogue`);
    const provider = this.providers.get(deployment.providerId);
    if (provider === undefined) return fail(`deployment ${deploymentId} names the unknown provider ${deployment.providerId}`);
    const credential = this.credentials.get(deployment.credentialId);
    if (credential === undefined)
      return fail(`deployment ${deploymentId} names the unknown credential ${deployment.credentialId}`);
    return makeTarget({ deployment, provider, credential }, { endpoint, dialect }, this.opener);
  }
}
