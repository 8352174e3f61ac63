import type { TokenPolicy } from '@tollgate/contracts';
import { type InvalidField, InvalidFieldsError } from '@tollgate/nest';
import { canonicalZone, type NetworkProblem, neverAdmits, readNetwork } from '@tollgate/policy';

const NETWORK_PROBLEMS: Readonly<Record<NetworkProblem, string>> = {
  no_address: 'is no address: use for instance 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32',
  wrong_prefix: 'has a prefix that its address does not allow',
  host_bits: 'has bits set beyond its prefix: name the first address of the block',
  zone: 'names a network interface, which means nothing here',
};

/** Refuses a policy that says what cannot be understood, or that could never admit anything, with every place and reason. */
export function assertUsable(policy: TokenPolicy): void {
  const wrong = [...networksWrong(policy), ...zonesWrong(policy)];
  if (wrong.length > 0) throw new InvalidFieldsError(wrong);
  // The time of the end has been looked at where it is set; long after, a policy may still be changed.
  const never = neverAdmits(policy, null, 0);
  if (never.length === 0) return;
  throw new InvalidFieldsError(
    never.map(({ pointer, detail, reason }) => ({ pointer, detail: `The token could never be used: ${detail}`, reason })),
  );
}

function networksWrong({ addresses }: TokenPolicy): InvalidField[] {
  return (['allow', 'deny'] as const).flatMap((list) =>
    addresses[list].flatMap((text, index): InvalidField[] => {
      const read = readNetwork(text);
      return read.ok
        ? []
        : [{ pointer: `/addresses/${list}/${index}`, detail: NETWORK_PROBLEMS[read.problem], reason: read.problem }];
    }),
  );
}

const zonesWrong = ({ windows }: TokenPolicy): InvalidField[] =>
  windows.flatMap(({ timeZone }, index): InvalidField[] =>
    canonicalZone(timeZone) === null
      ? [
          {
            pointer: `/windows/${index}/time_zone`,
            detail: 'is no IANA time zone, for instance Europe/Vienna',
            reason: 'no_zone',
          },
        ]
      : [],
  );
