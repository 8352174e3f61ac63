import { describeStack } from './describe-stack.ts';
import { describeLoss } from './suites/loss.ts';

describeStack('distributed', describeLoss);
