import type { Store } from '../../src/core/call-store.ts';
import { makeCall } from './make-call.ts';

/** Imports so many pending calls, some with a schedule, of five priorities. */
export async function importVaried(store: Store, count: number): Promise<void> {
  const session = await store.beginImport();
  for (let done = 0; done < count; done += 2_000) {
    await session.add(
      Array.from({ length: Math.min(2_000, count - done) }, (_, index) =>
        makeCall({ schedule: index % 7 === 0 ? index : null, priority: index % 5 }),
      ),
    );
  }
  await session.commit();
}
