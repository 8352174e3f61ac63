export { DEMO_MODELS, type DemoModel } from './demo/models.js';
export { type AnswerHeaders, readRetryAfter } from './errors/read-retry-after.js';
export { findProvider } from './find-provider.js';
export { type ProviderRow, QUIRKS, type Quirk, type ServedEndpoint } from './provider-row.js';
export { type EnvironmentProvider, providersInEnvironment } from './providers-in-environment.js';
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
