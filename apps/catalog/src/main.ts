import { bootServices } from '@tollgate/nest';
import { catalogService } from './index.js';

await bootServices([catalogService]);
