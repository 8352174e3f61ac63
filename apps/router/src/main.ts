import { bootServices } from '@tollgate/nest';
import { routerService } from './service.js';

await bootServices([routerService]);
