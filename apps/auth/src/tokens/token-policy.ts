import {
  type ChangeToken,
  type CreateToken,
  EMPTY_POLICY,
  type LimitSpec,
  type RateLimit,
  type TimeWindow,
  type TokenPolicy,
} from '@tollgate/contracts';
import { type InvalidField, InvalidFieldsError } from '@tollgate/nest';
import type { TokenRow } from '../database/entities.js';

type Type = TokenRow['type'];

const refuse = (pointer: string, detail: string): InvalidFieldsError => new InvalidFieldsError([{ pointer, detail }]);

/** The policy of a new token: what is not said is as its parent has it, or as its type has it. */
export function policyOfNew(input: CreateToken, row: Pick<TokenRow, 'id' | 'type'>, parent: TokenPolicy | null): TokenPolicy {
  const { id, type } = row;
  const scopes = input.scopes ?? parent?.scopes ?? (type === 'k' ? ['llm:*'] : null);
  if (scopes === null) throw refuse('/scopes', 'A management key needs its scopes named.');
  const requests = input.limits?.requests ?? null;
  const before = parent ?? EMPTY_POLICY;
  return {
    ...EMPTY_POLICY,
    scopes,
    models: input.models ?? parent?.models ?? { allow: type === 'k' ? ['*'] : [], deny: [] },
    addresses: mergeLists(before.addresses, input.addresses),
    windows: input.windows === undefined ? before.windows : windowsOf(input.windows),
    limits: withRequests(
      [],
      id,
      requests === null
        ? null
        : { limit: requests.limit, periodMs: requests.period_seconds * 1_000, burst: requests.burst ?? requests.limit },
    ),
    caps: capsOfChanged(before.caps, input.caps),
    contentLogging: input.content_logging ?? before.contentLogging,
    strict: input.strict ?? before.strict,
  };
}

/** The policy after a merge patch. */
export function policyOfChanged({ id, policy: current }: Pick<TokenRow, 'id' | 'policy'>, patch: ChangeToken): TokenPolicy {
  return {
    ...current,
    scopes: patch.scopes ?? current.scopes,
    models: mergeLists(current.models, patch.models),
    addresses: mergeLists(current.addresses, patch.addresses),
    windows: patch.windows === undefined ? current.windows : windowsOf(patch.windows),
    limits: withRequests(current.limits, id, requestsOfChanged(requestsOf(current)?.rate ?? null, patch.limits?.requests)),
    caps: capsOfChanged(current.caps, patch.caps),
    contentLogging: patch.content_logging ?? current.contentLogging,
    strict: patch.strict ?? current.strict,
  };
}

interface Lists {
  allow: string[];
  deny: string[];
}

const mergeLists = (current: Lists, patch: { allow?: string[] | undefined; deny?: string[] | undefined } | undefined): Lists => ({
  allow: patch?.allow ?? current.allow,
  deny: patch?.deny ?? current.deny,
});

const windowsOf = (windows: NonNullable<ChangeToken['windows']>): TimeWindow[] =>
  windows.map(({ time_zone, ...window }) => ({ ...window, timeZone: time_zone }));

type RequestLimit = Extract<LimitSpec, { kind: 'requests' }>;

/** The key's own limit of requests, whatever the model. */
export const requestsOf = (policy: TokenPolicy): RequestLimit | undefined =>
  policy.limits.find(
    (limit): limit is RequestLimit => limit.kind === 'requests' && limit.models === null && limit.subject === 'token',
  );

function withRequests(limits: readonly LimitSpec[], id: string, rate: RateLimit | null): LimitSpec[] {
  const others = limits.filter((limit) => limit.kind !== 'requests' || limit.models !== null);
  return rate === null
    ? others
    : [...others, { bucket: `requests:${id}`, kind: 'requests', models: null, subject: 'token', rate }];
}

type Caps = TokenPolicy['caps'];

function capsOfChanged(current: Caps, patch: ChangeToken['caps']): Caps {
  const pick = (asked: number | null | undefined, before: number | null): number | null => (asked === undefined ? before : asked);
  return {
    inputTokens: pick(patch?.input_tokens, current.inputTokens),
    outputTokens: pick(patch?.output_tokens, current.outputTokens),
    requestBytes: pick(patch?.request_bytes, current.requestBytes),
  };
}

type RequestsPatch = NonNullable<ChangeToken['limits']>['requests'];

function requestsOfChanged(current: RateLimit | null, patch: RequestsPatch): RateLimit | null {
  if (patch === undefined) return current;
  if (patch === null) return null;
  const limit = patch.limit ?? current?.limit;
  if (limit === undefined) throw refuse('/limits/requests/limit', 'A new limit needs its number.');
  const periodMs = patch.period_seconds === undefined ? (current?.periodMs ?? 60_000) : patch.period_seconds * 1_000;
  // A limit that is changed alone takes its burst along.
  const burst = patch.burst ?? (patch.limit === undefined ? current?.burst : undefined) ?? limit;
  return { limit, periodMs, burst };
}

/** An API key holds nothing of the administration: it lies in programs, where it leaks first. */
export function assertScopesOfType(scopes: readonly string[], type: Type): void {
  if (type === 'a') return;
  const wrong = scopes.flatMap((scope, index): InvalidField[] =>
    scope.startsWith('admin:')
      ? [{ pointer: `/scopes/${index}`, detail: 'An API key cannot administer: make a management key.' }]
      : [],
  );
  if (wrong.length > 0) throw new InvalidFieldsError(wrong);
}

export function futureTime(text: string, now: number): Date {
  const time = new Date(text);
  if (time.getTime() <= now) throw refuse('/expires_at', 'The time has passed already.');
  return time;
}
