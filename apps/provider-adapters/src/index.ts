export { providerAdaptersService } from './service.js';
