/**
 * SQL for the price of a deployment `d` with the definition `m` at a time (a parameter such as `$1`): what was set for that time,
 * else what the file says, else the price table. To be joined, and read as `(own.price, d.price_override, current.price)`.
 */
export const joinPrices = (time: string): string => `
  LEFT JOIN LATERAL (SELECT price FROM catalog.deployment_prices WHERE deployment_id = d.id AND effective_from <= ${time}
                      ORDER BY effective_from DESC, id DESC LIMIT 1) own ON true
  LEFT JOIN LATERAL (SELECT price FROM catalog.model_prices WHERE model_id = m.id AND effective_from <= ${time}
                      ORDER BY effective_from DESC, id DESC LIMIT 1) current ON true`;

export const PRICE_NOW = 'coalesce(own.price, d.price_override, current.price)';
