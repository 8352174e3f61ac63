export {
  addressesBeyondOf,
  type Bounds,
  capsBeyondOf,
  type Excess,
  type ExcessReason,
  excessOf,
  windowsBeyondOf,
  withinRate,
} from './access/excess.js';
export { mayReach, UPSTREAM_NETWORKS_VARIABLE } from './access/may-reach.js';
export { mergeBounds } from './access/merge-bounds.js';
export { networkOf } from './access/network-of.js';
export { type Network, type NetworkProblem, readNetwork } from './access/networks.js';
export { type Never, type NeverReason, neverAdmits } from './access/never-admits.js';
export { type AccessRefusal, PreparedAccess } from './access/prepare-access.js';
export { isPrivateAddress } from './access/private-address.js';
export { isPrivateUrl } from './access/private-url.js';
export { canonicalZone, readTime } from './access/week.js';
export {
  AUDIT_START,
  type AuditFlaw,
  type AuditHead,
  chainAuditEvent,
  hashAuditEvent,
  verifyAuditChain,
} from './audit/audit-chain.js';
export {
  CHECKPOINT_START,
  type CheckpointFacts,
  hashCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from './audit/audit-checkpoint.js';
export { AUDIT_CSV_HEADER, auditCsvLine } from './audit/audit-csv.js';
export type { AuditActor, AuditEvent, AuditFact, AuditTarget, AuditValue } from './audit/audit-event.js';
export {
  AUDIT_EXPORT_FORMAT,
  type AuditExportHeader,
  AuditExportHeaderSchema,
  exportLine,
  signExportHeader,
  verifyExportHeader,
} from './audit/audit-export.js';
export {
  AUDIT_KEY_VARIABLE,
  type AuditKey,
  type AuditPublicKey,
  readAuditKey,
  readAuditPublicKey,
} from './audit/audit-key.js';
export { canonicalText, hashCanonical, openRecordOf, recordOf } from './audit/audit-record.js';
export {
  type AuditExportFlaw,
  type AuditExportFlawKind,
  type AuditExportSummary,
  AuditExportVerifier,
  type AuditVerifierSettings,
} from './audit/verify-audit-export.js';
export { boundCost, type CallBound } from './budgets/bound-cost.js';
export {
  chargeMoney,
  closeMoney,
  grantMoney,
  type MoneyLease,
  type MoneyStep,
  type MoneyWindow,
  moneyOut,
  NO_LEASE,
  releaseMoney,
} from './budgets/budget-authority.js';
export { type BudgetTicket, settleBudgets, worstCharges } from './budgets/budget-ticket.js';
export { type BudgetWindow, budgetWindowAt } from './budgets/budget-window.js';
export type { BudgetAnswer, BudgetVerdict, BudgetView } from './budgets/local-budget.js';
export { type BudgetCall, LocalBudgets } from './budgets/local-budgets.js';
export { fromNano, toNano } from './budgets/nano.js';
export { isTimeZone } from './budgets/time-zone.js';
export { jwtFromHeaders } from './jwt/jwt-from-headers.js';
export { type JwtKeys, prepareJwtKeys } from './jwt/jwt-keys.js';
export { JwtVerdicts } from './jwt/jwt-verdicts.js';
export { type AccessToken, type JwtRefusalReason, verifyAccessToken } from './jwt/verify-access-token.js';
export { advanceBucket, applyRate, newBucket } from './limits/advance-bucket.js';
export { type AskContext, answerAsk } from './limits/answer-ask.js';
export { type BucketState, MICRO, type OutstandingLease, TOKENS_MAX } from './limits/bucket-state.js';
export { type FinishedLease, finishLease } from './limits/finish-lease.js';
export { grantLease, type LeaseGrant, type LeaseWish } from './limits/grant-lease.js';
export type { Hold } from './limits/held-lease.js';
export { LocalQuota, type LocalQuotaSettings, type QuotaCall } from './limits/local-quota.js';
export type { CountedLimit, LeaseAnswer, LeaseAsk, QuotaView, TakeVerdict } from './limits/take-verdict.js';
export { formatDecimal, parseDecimal } from './pricing/decimal.js';
export { AMOUNT_SCALE, priceUsage } from './pricing/price-usage.js';
export { sumMoney } from './pricing/sum-money.js';
export { keepSecret, openKept } from './rotation/keep-secret.js';
export {
  jitterOf,
  nextRun,
  type ReadTiming,
  type RotationTiming,
  readTiming,
  type TimingProblem,
} from './rotation/rotation-schedule.js';
export {
  activatePending,
  endGraces,
  endSecret,
  isLive,
  isUsable,
  planPending,
  planRotation,
  type RotationRefusal,
  type RotationWish,
  SECRET_STATES,
  type SecretLife,
  type SecretState,
  type SecretStep,
} from './rotation/secret-states.js';
export { signWebhook, verifyWebhook, WEBHOOK_HEADERS, type WebhookMessage } from './rotation/sign-webhook.js';
export { readWebhookTarget, WEBHOOK_NETWORKS_VARIABLE, type WebhookTargetProblem } from './rotation/webhook-target.js';
export { BREAKER_DEFAULTS, type BreakerSettings } from './routing/breaker.js';
export { concreteModel } from './routing/concrete-model.js';
export { type AttemptFailure, Course } from './routing/course.js';
export { classOfFailure } from './routing/failure-class.js';
export { type AttemptEnd, type DueProbe, HealthBook } from './routing/health-book.js';
export {
  applyDelta,
  indexSnapshot,
  type PreparedRoute,
  type PreparedTarget,
  type RoutingIndex,
} from './routing/index-snapshot.js';
export type { Circumstances } from './routing/order-targets.js';
export { type CallIntent, type Plan, type PlannedFallback, type PlanRefusal, plan } from './routing/plan.js';
export { RetryBudget } from './routing/retry-budget.js';
export { routeOfModel, visibleRoutes } from './routing/route-of-model.js';
export { simulate } from './routing/simulate.js';
export { timeoutsOf } from './routing/timeouts-of.js';
export { openSecret } from './sealing/open-secret.js';
export { sealSecret } from './sealing/seal-secret.js';
export { readSealingKey, type SealingKey, sealingKeyPair } from './sealing/sealing-key-pair.js';
export {
  type CookieToSet,
  CSRF_HEADER,
  deviceCookieName,
  readCookie,
  sessionCookieName,
  writeCookie,
} from './sessions/session-cookie.js';
export {
  csrfTokenMatches,
  csrfTokenOf,
  digestSession,
  isSessionSecret,
  makeSessionSecret,
} from './sessions/session-secret.js';
export { digestToken } from './tokens/digest-token.js';
export { generateToken, type TokenRecipe } from './tokens/generate-token.js';
export { matchesAny, matchGlob } from './tokens/match-glob.js';
export { modelAllowed } from './tokens/model-allowed.js';
export { parseToken, type TokenShapeReason } from './tokens/parse-token.js';
export { type Pepper, type PepperProblem, type PepperSet, readPeppers, TOKEN_PEPPER_VARIABLE } from './tokens/read-peppers.js';
export { type Renewal, signRenewal, verifyRenewal } from './tokens/renewal-proof.js';
export {
  DIRECT_RESOLVE_PATH,
  ROUTER_SIGNATURE_HEADER,
  signRouterRequest,
  verifyRouterRequest,
} from './tokens/router-request.js';
export { scopeAllows, scopesBeyond } from './tokens/scope-allows.js';
export {
  DEFAULT_BRAND,
  type ParsedToken,
  TOKEN_BRAND_VARIABLE,
  TOKEN_ENVIRONMENTS,
  TOKEN_TYPES,
  type TokenEnvironment,
  type TokenType,
} from './tokens/token-format.js';
export { type HeaderValues, tokenFromHeaders } from './tokens/token-from-headers.js';
export { tokenInQuery } from './tokens/token-in-query.js';
export { type TokenRefusalReason, type VerifiedToken, verifyToken } from './tokens/verify-token.js';
export { callerNetwork, callerProgram } from './watching/caller-marks.js';
export type { SeenNames, WindowCounts } from './watching/count-within.js';
export { digestsOfToken } from './watching/digests-of-token.js';
export { type FoundToken, findTokens, findTokensInText, maskTokens } from './watching/find-tokens.js';
export type { Finding } from './watching/finding.js';
export { type Exposure, judgeExposure } from './watching/judge-exposure.js';
export {
  countGarbage,
  countRefusal,
  judgeRefusal,
  NO_REFUSALS,
  type Refusal,
  type RefusalCounts,
  type SentSecret,
  type SpentHow,
  spentHow,
} from './watching/judge-refusal.js';
export { judgeUse, type KeyHistory, type KeyUse } from './watching/judge-use.js';
