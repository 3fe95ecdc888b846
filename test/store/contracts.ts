import { describe } from 'vitest';
import type { Backend } from './backends.ts';
import { describeCallJournal } from './call-journal-contract.ts';
import { describeCallStore } from './call-store-contract.ts';
import { describeCallWriter } from './call-writer-contract.ts';
import { describeCapture } from './capture-contract.ts';
import { describeDoNotCall } from './do-not-call-contract.ts';

/** All that is expected of a store, whatever it keeps calls in. */
export function describeStore({ name, isChosen, prepare }: Omit<Backend, 'name'> & { name: string }): void {
  describe.skipIf(!isChosen)(name, () => {
    for (const describeContract of [
      describeCallStore,
      describeCallWriter,
      describeCallJournal,
      describeCapture,
      describeDoNotCall,
    ]) {
      describeContract(name, prepare);
    }
  });
}
