const SLASH = 0x2f;

/**
 * The name under which an upstream is asked for a model: a deployment's own, or, where that is `*`, the caller's without the
 * provider's prefix.
 */
export function concreteModel(upstreamModel: string, provider: string, model: string): string {
  if (upstreamModel !== '*') return upstreamModel;
  return model.charCodeAt(provider.length) === SLASH && model.startsWith(provider) ? model.slice(provider.length + 1) : model;
}
