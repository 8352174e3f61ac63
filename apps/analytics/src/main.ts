import { bootServices } from '@tollgate/nest';
import { analyticsService } from './index.js';

await bootServices([analyticsService]);
