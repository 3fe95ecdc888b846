import { POSTGRES } from './backends.ts';
import { describeStore } from './contracts.ts';

describeStore(POSTGRES);
