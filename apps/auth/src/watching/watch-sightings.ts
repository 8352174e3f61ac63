import type { WatchSighting } from '@tollgate/contracts';
import {
  countGarbage,
  countRefusal,
  type Finding,
  judgeExposure,
  judgeRefusal,
  NO_REFUSALS,
  spentHow,
  type WindowCounts,
} from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/changes.js';
import { changeCounts } from './change-counts.js';
import { readSettings } from './read-settings.js';
import { type ProvenSecret, sentSecrets } from './sent-secrets.js';

type Refused = Extract<WatchSighting, { kind: 'refused' }>;
type Exposed = Extract<WatchSighting, { kind: 'exposed' }>;

type Junk = Pick<Extract<WatchSighting, { kind: 'garbage' }>, 'at' | 'count' | 'network' | 'userAgent'>;

/** What is to be looked at in the name of one organisation. */
export interface SightingsOf {
  readonly refused: { readonly sighting: Refused; readonly proven: ProvenSecret }[];
  readonly exposed: { readonly sighting: Exposed; readonly proven: ProvenSecret }[];
  readonly garbage: Junk[];
}

/**
 * Sorts sightings by the organisation whose they are. What nobody's secret has to do with is junk, and that of the installation
 * as a whole: of the organisation that runs it. A token that stands somewhere and is nobody's is nothing at all.
 */
export async function sortSightings(
  manager: EntityManager,
  sightings: readonly WatchSighting[],
): Promise<ReadonlyMap<string, SightingsOf>> {
  const pointed = sightings.filter((each) => each.kind !== 'garbage');
  const proven = await sentSecrets(manager, pointed);
  const sorted = new Map<string, SightingsOf>();
  const of = (organisationId: string): SightingsOf => {
    const known = sorted.get(organisationId) ?? { refused: [], exposed: [], garbage: [] };
    sorted.set(organisationId, known);
    return known;
  };
  const junk: SightingsOf['garbage'] = sightings.filter((each) => each.kind === 'garbage');
  for (const [index, sighting] of pointed.entries()) {
    const secret = proven[index] ?? null;
    if (secret === null) {
      if (sighting.kind === 'refused') junk.push(sighting);
    } else if (sighting.kind === 'refused') of(secret.organisationId).refused.push({ sighting, proven: secret });
    else of(secret.organisationId).exposed.push({ sighting, proven: secret });
  }
  if (junk.length > 0) {
    const [operator]: { id: string }[] = await manager.query('SELECT id FROM auth.organisations WHERE operator LIMIT 1');
    if (operator !== undefined) of(operator.id).garbage.push(...junk);
  }
  return sorted;
}

/** Judges what was seen, in the transaction of the change. */
export async function watchSightings(change: Change, seen: SightingsOf): Promise<void> {
  const settings = await readSettings(change.manager, change.act.organisationId);
  for (const { sighting, proven } of seen.exposed) {
    const own = sighting.callerOrganisationId === change.act.organisationId;
    const exposure = { ...sighting, ...proven, at: timeOf(change, sighting), callerTokenId: own ? sighting.callerTokenId : null };
    raise(change, proven, judgeExposure(exposure, change.now));
  }
  // In one order, as everywhere: two reports that hold the same keys wait for each other and never in a circle.
  for (const { sighting, proven } of seen.refused.toSorted((a, b) => (a.proven.key.id < b.proven.key.id ? -1 : 1))) {
    const refusal = { ...sighting, ...proven, at: timeOf(change, sighting) };
    raise(change, proven, judgeRefusal(refusal, change.now));
    // Of a key that is out of service each call is refused: that says nothing new about whoever calls.
    if (spentHow(proven.secret, change.now) !== null || proven.secret.keyStatus !== 'active') continue;
    const findings = await changeCounts(change, { kind: 'refusals', subject: proven.key.id, empty: NO_REFUSALS }, (before) =>
      countRefusal(before, refusal, settings),
    );
    raise(change, proven, findings);
  }
  const nothing: WindowCounts = [];
  const networks = Map.groupBy(seen.garbage, ({ network }) => (network === '' ? 'unknown' : network));
  for (const [subject, group] of [...networks].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const sighting = together(group);
    const one = { ...sighting, at: timeOf(change, sighting) };
    const findings = await changeCounts(change, { kind: 'garbage', subject, empty: nothing }, (before) =>
      countGarbage(before, one, settings),
    );
    for (const finding of findings) change.raise({ finding, subject, key: null });
  }
}

/** However many there are of one network, they are looked at once. */
function together(group: readonly Junk[]): Junk {
  const [first, ...others] = group.toSorted((a, b) => b.at - a.at) as [Junk, ...Junk[]];
  return { ...first, count: others.reduce((sum, { count }) => sum + count, first.count) };
}

/** A clock that is ahead must not reach into the future. */
const timeOf = ({ now }: Change, { at }: { readonly at: number }): number => Math.min(at, now);

const raise = (change: Change, { key }: ProvenSecret, findings: readonly Finding[]): void => {
  for (const finding of findings) change.raise({ finding, subject: key.id, key });
};
