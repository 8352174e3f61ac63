import { bootServices } from '@tollgate/nest';
import { authService } from './index.js';

await bootServices([authService]);
