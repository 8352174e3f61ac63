import { bootServices } from '@tollgate/nest';
import { providerAdaptersService } from './service.js';

await bootServices([providerAdaptersService]);
