import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { AmiServer } from '../support/ami-server.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { inboundCall, outboundAnswered } from '../support/asterisk-calls.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Row {
  id: number;
  caller_id: string;
  status: string;
  status_reason: string | null;
  source: string;
  missed_count: number;
}

const CALLER = '+441632960001';

function startWithPbx(server: AmiServer, pbx: { queueLog?: string } = {}): Promise<TestApp> {
  return startTestApp({
    settings: { pbx: { url: server.url, inboundContexts: ['from-trunk'], ...pbx } },
    clock: systemClock,
  });
}

async function rows(app: TestApp): Promise<Row[]> {
  const { body } = await app.post<Row[]>({ action: 'read' });
  return body.results as unknown as Row[];
}

/** Reads the list until something is so. */
async function until(app: TestApp, isSo: (list: Row[]) => boolean): Promise<Row[]> {
  for (;;) {
    const list = await rows(app);
    if (isSo(list)) return list;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function untilUp(app: TestApp): Promise<void> {
  while (!app.logLines.some((line) => line.includes('The calls of the PBX are known'))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a service with a PBX', () => {
  it('has a missed call in the list within a second, counts the next one, and closes it when the customer is reached', async () => {
    await using server = await AmiServer.start();
    await using app = await startWithPbx(server);
    await untilUp(app);

    const first = inboundCall('1795465000.1', CALLER);
    server.say([first.begins, first.joins]);
    const hungUpAt = performance.now();
    server.say(first.givesUp);
    const [row] = await until(app, (list) => list.length === 1);
    expect(performance.now() - hungUpAt).toBeLessThan(1000);
    expect(row).toMatchObject({ caller_id: CALLER, status: 'pending', source: 'missed_call', missed_count: 1 });
    expect(row?.status_reason).toBe('queue_hangup');

    const second = inboundCall('1795465000.2', '01632960001');
    const other = inboundCall('1795465000.4', CALLER);
    server.say([second.begins, second.joins, ...second.givesUp, other.begins, other.joins, ...other.givesUp]);
    await until(app, (list) => list.some(({ missed_count }) => missed_count === 2));

    server.say(outboundAnswered('1795465000.5', CALLER));
    const cleared = await until(app, (list) => list.some(({ status }) => status === 'completed'));
    const done = cleared.find(({ id }) => id === row?.id);
    expect(done).toMatchObject({ status: 'completed', status_reason: 'answered_elsewhere', missed_count: 2 });

    const figures = await (await app.fetch('/metrics')).text();
    expect(figures).toMatch(/callqueue_capture_verdicts_total\{result="counted"\} 1/);
    expect(figures).toMatch(/callqueue_pbx_up 1/);
    expect(app.logLines.join('')).not.toContain(server.secret);
  });

  it('keeps who asked not to be called out of the list, and shows that they called', async () => {
    await using server = await AmiServer.start();
    await using app = await startWithPbx(server);
    await untilUp(app);
    const { body } = await app.post({ action: 'do_not_call', data: { add: [CALLER] } });
    expect(body.results).toMatchObject([{ number: CALLER, outcome: 'added' }]);

    const barred = inboundCall('1795465000.1', CALLER);
    const other = inboundCall('1795465000.2', '+441632960002');
    for (const call of [barred, other]) server.say([call.begins, call.joins, ...call.givesUp]);
    const list = await until(app, (found) => found.length > 0);
    expect(list.map(({ caller_id }) => caller_id)).toEqual(['+441632960002']);

    const live = await app.post<{ unlisted: object[] }>({ action: 'live' });
    expect(live.body.results[0]?.unlisted).toMatchObject([{ project_id: 1, why: 'do_not_call', last_24_hours: 1 }]);
    const figures = await (await app.fetch('/metrics')).text();
    expect(figures).toMatch(/callqueue_capture_verdicts_total\{result="do_not_call"\} 1/);
  });

  it('knows after a restart what happened meanwhile, and shows the gap', async () => {
    const queueLog = join(tempFolder(), 'queue_log');
    writeFileSync(queueLog, '1795465000|NONE|NONE|NONE|QUEUESTART|\n');
    await using server = await AmiServer.start();
    await using app = await startWithPbx(server, { queueLog });
    await untilUp(app);
    await server.shutDown();
    const call = inboundCall('1795465000.1', CALLER);
    const at = Math.floor(Date.now() / 1000);
    writeFileSync(queueLog, call.log.enters(at) + call.log.abandons(at + 7), { flag: 'a' });
    await server.listen();
    await until(app, (list) => list.length === 1);
    const gapsOf = () => app.store.captureGaps({ since: 0, limit: 10 });
    while ((await gapsOf())[0]?.isFilled !== true) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await gapsOf()).toMatchObject([{ instance: 'test', reason: 'connection_lost', isFilled: true }]);
  });

  it('serves without waiting for a PBX that is not there, and stops at once', async () => {
    await using server = await AmiServer.start();
    await server.shutDown();
    const app = await startWithPbx(server);
    expect(await rows(app)).toEqual([]);
    const before = performance.now();
    await app.stop();
    expect(performance.now() - before).toBeLessThan(3000);
  });
});
