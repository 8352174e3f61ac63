export { DEMO_MODELS, type DemoModel } from './demo/models.js';
export { findProvider } from './find-provider.js';
export { type ProviderRow, QUIRKS, type Quirk, type ServedEndpoint } from './provider-row.js';
export { type EnvironmentProvider, providersInEnvironment } from './providers-in-environment.js';
export { PROVIDER_NAMES, PROVIDERS, type ProviderName } from './registry.gen.js';
