import type { AccessRules, TimeWindow, TokenPolicy } from '@tollgate/contracts';
import { matchesAny } from '../tokens/match-glob.js';
import { type AddressCheck, prepareAddresses } from './prepare-addresses.js';
import { prepareWindows, type WindowCheck } from './prepare-windows.js';

/** For machines; each stands in the error that the caller gets. */
export type AccessRefusal = 'scope_missing' | 'address_not_allowed' | 'outside_time_window' | 'model_not_allowed';

interface PreparedRules {
  readonly rules: AccessRules;
  readonly address: AddressCheck | null;
  readonly open: WindowCheck | null;
}

/**
 * The rules of a key and of all its parents, made ready once per snapshot. Each of them has to admit a call: so a child is
 * bound by what its parents are today, whatever they were when it was made.
 */
export class PreparedAccess {
  private readonly own: PreparedRules;
  private readonly parents: readonly PreparedRules[];
  /** Neither address nor time is ever asked about. */
  private readonly anywhere: boolean;
  private readonly always: boolean;

  constructor(rules: AccessRules, parents: readonly AccessRules[] = []) {
    this.own = prepare(rules);
    this.parents = parents.map(prepare);
    const all = [this.own, ...this.parents];
    this.anywhere = all.every(({ address }) => address === null);
    this.always = all.every(({ open }) => open === null);
  }

  /** null = go on. Allocates nothing where the policy has no such rules. `now` in ms since the epoch. */
  refusal(scope: string, address: string, now: number): AccessRefusal | null {
    if (!this.scopeAllowed(scope)) return 'scope_missing';
    if (!this.anywhere && !this.addressAllowed(address)) return 'address_not_allowed';
    return this.isOpen(now) ? null : 'outside_time_window';
  }

  scopeAllowed(scope: string): boolean {
    if (!matchesAny(this.own.rules.scopes, scope)) return false;
    for (const { rules } of this.parents) if (!matchesAny(rules.scopes, scope)) return false;
    return true;
  }

  modelAllowed(model: string): boolean {
    if (!admits(this.own.rules.models, model)) return false;
    for (const { rules } of this.parents) if (!admits(rules.models, model)) return false;
    return true;
  }

  isOpen(now: number): boolean {
    if (this.always) return true;
    if (this.own.open !== null && !this.own.open(now)) return false;
    for (const { open } of this.parents) if (open !== null && !open(now)) return false;
    return true;
  }

  /** For the message to the caller: the windows of the key itself, its parents' are not theirs to know. */
  get windows(): readonly TimeWindow[] {
    return this.own.rules.windows;
  }

  private addressAllowed(address: string): boolean {
    if (this.own.address !== null && !this.own.address(address)) return false;
    for (const parent of this.parents) if (parent.address !== null && !parent.address(address)) return false;
    return true;
  }
}

const admits = ({ allow, deny }: TokenPolicy['models'], model: string): boolean =>
  !matchesAny(deny, model) && matchesAny(allow, model);

const prepare = (rules: AccessRules): PreparedRules => ({
  rules,
  address: prepareAddresses(rules.addresses),
  open: prepareWindows(rules.windows),
});
