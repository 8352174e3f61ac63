export { DEMO_MODELS, type DemoModel } from './demo/models.js';
export { ERROR_SHAPES, type ErrorPaths, type ErrorShape } from './errors/error-shapes.js';
export { type AnswerHeaders, readRetryAfter } from './errors/read-retry-after.js';
export { readVendorError, type VendorError } from './errors/read-vendor-error.js';
export { findProvider } from './find-provider.js';
export { judgeCheck } from './judge-check.js';
export { neededSettings, type PlacedProvider, type PlaceProblem, type PlaceWish, placeProvider } from './place-provider.js';
export type { ProviderRow, ProviderSetting, ServedEndpoint } from './provider-row.js';
export { providerVariables } from './provider-variables.js';
export { type EnvironmentProvider, providersInEnvironment } from './providers-in-environment.js';
export { QUIRK_MEANINGS, QUIRKS, type Quirk } from './quirks.js';
export { PROVIDER_NAMES, PROVIDERS, type ProviderName } from './registry.gen.js';
export { AZURE_COGNITIVE_SCOPE, type EntraClient, entraTokenRequest, readEntraClient } from './signers/azure-entra.js';
export {
  GOOGLE_CLOUD_SCOPE,
  type GoogleServiceAccount,
  googleTokenBody,
  readServiceAccount,
  writeGoogleAssertion,
} from './signers/google-service-account.js';
export { readAwsCredentials } from './signers/read-aws-credentials.js';
export { type AccessToken, readTokenAnswer } from './signers/read-token-answer.js';
export { type AwsCredentials, deriveSigningKey, type SigV4Request, signSigV4 } from './signers/sign-sigv4.js';
