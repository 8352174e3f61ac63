export { formatDecimal, parseDecimal } from './pricing/decimal.js';
export { AMOUNT_SCALE, priceUsage } from './pricing/price-usage.js';
export { sumMoney } from './pricing/sum-money.js';
export {
  applyDelta,
  indexSnapshot,
  type PreparedRoute,
  type PreparedTarget,
  type RoutingIndex,
} from './routing/index-snapshot.js';
export { type CallIntent, type Plan, type PlanRefusal, plan } from './routing/plan.js';
export { routeOfModel, visibleRoutes } from './routing/route-of-model.js';
