import { createCallQueue } from '../../src/core/call-queue.ts';
import type { CallStore } from '../../src/core/call-store.ts';
import { noPbx } from '../../src/core/pbx.ts';
import { createTimeZone } from '../../src/core/time-zone.ts';
import { createApi } from '../../src/wire/api.ts';
import { errorAnswer } from '../../src/wire/envelope.ts';
import { anyone, NOW, PROJECTS, TEST_ZONE, type TestApi, type TestApiOptions } from './api.ts';
import { createFakeWriter } from './fake-writer.ts';
import { makeCall } from './make-call.ts';

/** The API over calls in memory. */
export async function openActionsApi(options: TestApiOptions = {}): Promise<TestApi> {
  const { timeZoneName = TEST_ZONE, now = () => NOW, contexts = [] } = options;
  const timeZone = createTimeZone(timeZoneName);
  const fake = createFakeWriter();
  const store = {} as CallStore;
  const queue = createCallQueue({ store, writer: fake, journal: fake, clock: { now }, pbx: noPbx });
  const api = createApi({ queue, projects: PROJECTS, timeZone, version: '1.2.3', contexts });
  return {
    store: store as TestApi['store'],
    add: async (calls) => fake.add(calls.map((changes) => makeCall(changes))),
    calls: async () => fake.calls,
    async ask(parameters, asked = {}) {
      const answer = await api
        .handle({ credential: anyone, ...asked, parameters })
        .catch((error: unknown) => errorAnswer(error, 'test'));
      return { status: answer.status, text: Buffer.from(answer.body as string).toString(), headers: answer.headers };
    },
    close: async () => undefined,
  };
}
