import type { ServiceDefinition } from '@tollgate/nest';
import { AdapterModule } from './app.module.js';
import { ADAPTER_ENVIRONMENT, adapterConfig } from './config.js';

/** The back door: the only service that opens provider credentials. It stores nothing. */
export const providerAdaptersService: ServiceDefinition = {
  name: 'provider-adapters',
  environment: ADAPTER_ENVIRONMENT,
  database: null,
  module: (values) => AdapterModule.forConfig(adapterConfig(values)),
};
