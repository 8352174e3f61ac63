import { describeStack } from './describe-stack.ts';
import { describeCutOff } from './suites/cut-off.ts';

describeStack('data-plane', describeCutOff);
