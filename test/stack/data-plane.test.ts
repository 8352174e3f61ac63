import { describeStack } from './describe-stack.ts';

describeStack('data-plane');
