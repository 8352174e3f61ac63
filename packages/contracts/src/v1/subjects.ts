/** A deployable service; the name is also its queue group on the bus. */
export const SERVICES = ['auth', 'catalog', 'router', 'provider-adapters', 'analytics'] as const;
export type Service = (typeof SERVICES)[number];

/**
 * Every subject on the bus. `<owner>.v<N>.<what>`: the first token names the owner (see {@link ownerOfSubject}), the
 * second the version of the message, so that two versions of a service can run side by side.
 */
export const SUBJECTS = {
  /** stream, queue group: one attempt at one deployment. {@link UpstreamCall} -> {@link UpstreamHead}, bytes, {@link UpstreamEnd} */
  upstreamCall: 'upstream.v1.call',
  /** request, queue group: {@link TokenResolveRequest} -> {@link TokenResolveReply} */
  tokenResolve: 'auth.v1.token.resolve',
  /** request, queue group: {@link TokenUsedReport} -> {@link TokenUsedReply} */
  tokenUsed: 'auth.v1.token.used',
  /** request, queue group: {@link WatchReport} -> {@link WatchReply} */
  watchReport: 'auth.v1.watch.report',
  /** request, queue group: {@link SessionResolveRequest} -> {@link SessionResolveReply} */
  sessionResolve: 'auth.v1.session.resolve',
  /** publish: {@link FeedMessage}, heartbeat every second and every change of a token */
  feed: 'auth.v1.feed',
  /** request, queue group: {@link FeedReadRequest} -> {@link FeedReadReply} */
  feedRead: 'auth.v1.feed.read',
  /** request, queue group: empty -> {@link JwksReply} */
  jwks: 'auth.v1.jwks',
  /** request, queue group: {@link QuotaLeaseRequest} -> {@link QuotaLeaseReply} */
  quotaLease: 'auth.v1.quota.lease',
  /** request, queue group: {@link BudgetLeaseRequest} -> {@link BudgetLeaseReply} */
  budgetLease: 'auth.v1.budget.lease',
  /** request, queue group: {@link BudgetChargeRequest} -> {@link BudgetBooked}, after the commit in Postgres */
  budgetCharge: 'auth.v1.budget.charge',
  /** request, queue group: {@link BudgetHolderGone} -> {@link BudgetBooked} */
  budgetHolderGone: 'auth.v1.budget.holder-gone',
  /** request, queue group: {@link AuditDenials} -> empty, after the commit in Postgres */
  auditDenied: 'auth.v1.audit.denied',
  /** request, queue group: {@link AuditRecords} -> empty, after the commit in Postgres */
  auditRecord: 'auth.v1.audit.record',
  /** stream, queue group: {@link SnapshotRequest} -> JSON of {@link RoutingSnapshot} or {@link UpstreamsSnapshot} */
  catalogSnapshot: 'catalog.v1.snapshot',
  /** publish: {@link CatalogChanged} */
  catalogChanged: 'catalog.v1.changed',
  /** request, queue group: {@link RouteSimulateRequest} -> {@link RouteSimulateReply} */
  routeSimulate: 'router.v1.route.simulate',
  /** publish (at boot, on a change and every 10 s): {@link AdapterHello} */
  adapterHello: 'upstream.v1.hello',
  /** request, queue group: empty -> {@link AdapterHello} */
  adapterDescribe: 'upstream.v1.describe',
  /** request, queue group: {@link CredentialTestRequest} -> {@link CredentialTestReply} */
  credentialTest: 'upstream.v1.credential.test',
  /** request, queue group: {@link UpstreamProbeRequest} -> {@link CredentialTestReply} */
  upstreamProbe: 'upstream.v1.probe',
  /** request, queue group: NDJSON of {@link UsageRecord} -> {@link UsageCommitted}, after the commit in Postgres */
  usageSettled: 'usage.v1.settled',
  /** request, queue group: {@link UsageReport} -> {@link UsageCommitted}; from an adapter whose router has vanished */
  usageReported: 'usage.v1.reported',
} as const;
export type Subject = (typeof SUBJECTS)[keyof typeof SUBJECTS];

const OWNER_BY_PREFIX: Readonly<Record<string, Service>> = {
  router: 'router',
  upstream: 'provider-adapters',
  auth: 'auth',
  catalog: 'catalog',
  usage: 'analytics',
};

/** The service that answers a subject (or, for what is published, sends it); null for a subject that is not ours. */
export const ownerOfSubject = (subject: string): Service | null =>
  OWNER_BY_PREFIX[subject.slice(0, subject.indexOf('.'))] ?? null;

/** Names of the headers that ride beside every message. Nothing secret does. */
export const MESSAGE_HEADERS = {
  requestId: 'tg-request-id',
  /** W3C Trace Context, https://www.w3.org/TR/trace-context/ */
  traceparent: 'traceparent',
  /** Absolute deadline, milliseconds since the epoch. */
  deadline: 'tg-deadline',
  /** Organisation id. */
  tenant: 'tg-tenant',
} as const;
