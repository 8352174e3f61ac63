import type { WatchSighting } from '@tollgate/contracts';
import type { Finding } from './finding.js';
import { type SentSecret, spentHow } from './judge-refusal.js';
import { honeyUsed } from './judge-use.js';

type Exposed = Extract<WatchSighting, { kind: 'exposed' }>;

const PLACES: Readonly<Record<Exposed['place'], string>> = {
  body: 'in the body of a call',
  url: 'in a URL',
  model: 'as the name of a model',
};
const DONE: Readonly<Record<Exposed['done'], string>> = {
  passed: 'It was passed on to the provider.',
  blocked: 'It was refused, and has gone nowhere.',
  redacted: 'Its secret was taken out before the call went on.',
};

export interface Exposure extends Pick<Exposed, 'place' | 'done' | 'at' | 'count' | 'network' | 'userAgent'> {
  readonly secretId: string;
  readonly secret: SentSecret;
  readonly honey: boolean;
  /** Of whoever sent it, where that is known and of the same organisation. */
  readonly callerTokenId: string | null;
}

/** A secret of ours stood where none belongs. One that has ended can do no harm any more. */
export function judgeExposure(exposure: Exposure, now: number): readonly Finding[] {
  const { secretId, secret, place, done, at, count, network, userAgent, callerTokenId } = exposure;
  const ended = spentHow(secret, now);
  const found: Finding = {
    rule: 'token_exposed',
    severity: ended === null ? 'high' : 'low',
    reason: `The secret ${secretId}${ended === null ? '' : `, which is ${ended},`} stood ${PLACES[place]}. ${DONE[done]}`,
    evidence: { secret_id: secretId, place, done, caller_token_id: callerTokenId, network, user_agent: userAgent, ended },
    secretId,
    at,
    count,
    proven: true,
  };
  return exposure.honey ? [honeyUsed(exposure, `exposed: ${place}`), found] : [found];
}
