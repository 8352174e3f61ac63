import { type RoutingRoute, TIMEOUT_NAMES, type Timeouts, type TimeoutsWish } from '@tollgate/contracts';
import { DEFAULT_TIMEOUTS } from './route-defaults.js';

/** What a deployment says of waiting goes before what its provider says. Undefined where neither says anything. */
export function timeoutsOf(provider: TimeoutsWish, deployment: TimeoutsWish): Partial<Timeouts> | undefined {
  const said = { ...provider, ...deployment };
  const timeouts: Partial<Timeouts> = {
    ...(said.connect_ms === undefined ? {} : { connectMs: said.connect_ms }),
    ...(said.first_byte_ms === undefined ? {} : { firstByteMs: said.first_byte_ms }),
    ...(said.idle_ms === undefined ? {} : { idleMs: said.idle_ms }),
    ...(said.total_ms === undefined ? {} : { totalMs: said.total_ms }),
  };
  return Object.keys(timeouts).length === 0 ? undefined : timeouts;
}

/** A route says what differs from the default. */
export function ownTimeoutsOf(timeouts: RoutingRoute['timeouts']): NonNullable<RoutingRoute['ownTimeouts']> {
  return TIMEOUT_NAMES.filter((name) => timeouts[name] !== DEFAULT_TIMEOUTS[name]);
}
