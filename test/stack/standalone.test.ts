import { describeStack } from './describe-stack.ts';

describeStack('standalone');
