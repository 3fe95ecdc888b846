import { randomOf } from '../../bench/make-calls.ts';
import type { Store } from '../../src/core/call-store.ts';
import { contextOf, saveOf } from '../support/commands.ts';
import { makeCall } from '../support/make-call.ts';
import { NOW } from './random-calls.ts';

/** Some commands at the same time, of every kind that adds, changes or removes calls; those that are refused change nothing. */
export function randomChanges(
  store: Store,
  seed: number,
  others: (() => Promise<unknown>)[] = [],
): () => Promise<void> {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const context = (projectId: number) =>
    contextOf({ now: NOW + below(100), projectIds: below(2) === 0 ? null : [projectId] });
  const oneOf = [
    (project: number) =>
      store.execute(
        saveOf(
          Array.from({ length: 1 + below(5) }, (_, index) => ({
            callerId: `+4416329600${10 + index}`,
            externalId: `e${below(30)}`,
            outboundType: 'manual' as const,
          })),
          { projectId: project },
        ),
        contextOf({ now: NOW }),
      ),
    (project: number) =>
      store.execute({ kind: 'claim', choose: { filter: {} }, agent: 'a', leaseSeconds: 60 }, context(project)),
    () => store.execute({ kind: 'cancel', rows: { ids: [1 + below(60)] }, code: 'a' }, contextOf({ now: NOW })),
    () => store.execute({ kind: 'cancel', rows: { ids: [1 + below(60), 9_999] }, code: 'a' }, contextOf({ now: NOW })),
    () =>
      store.execute(
        {
          kind: 'update',
          edits: [{ id: 1 + below(60), content: { attendType: below(2) ? 'attended' : 'unattended' } }],
        },
        contextOf({ now: NOW }),
      ),
    async () => {
      const session = await store.beginImport();
      await session.add([
        makeCall({ status: 'completed', callerId: '+441632960001' }),
        makeCall({ callerId: '+441632960002' }),
      ]);
      if (below(3) === 0) await session.rollback();
      else await session.commit();
    },
    () => store.tidy({ repeatsBefore: 0, closedCallsBefore: NOW + below(2) * 1_000 }),
    ...others,
  ];
  return async () => {
    const works = Array.from({ length: 1 + below(4) }, () => oneOf[below(oneOf.length)]?.(1 + below(3)));
    await Promise.all(works.map((work) => work?.catch(() => undefined)));
  };
}
