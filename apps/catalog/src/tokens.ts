/** The service's own settings, of `config.ts`. */
export const CATALOG_CONFIG = Symbol('CatalogConfig');
