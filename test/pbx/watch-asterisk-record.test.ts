import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createQueueLogFileReader, type QueueLogReader } from '../../src/pbx/asterisk/queue-log-reader.ts';
import { inboundCall } from '../support/asterisk-calls.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { turns } from '../support/pbx-watch.ts';
import { startScriptedPbx } from '../support/scripted-pbx.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { startWatch } from '../support/watched.ts';

const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;
const FIRST_LINE = '1795460000|NONE|NONE|NONE|QUEUESTART|\n';

describe('the record of queues beside the events', () => {
  it('is missed in the status and nowhere else while it is not there', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = join(tempFolder(), 'queue_log');
    await using watched = startWatch(pbx.server, { queueLog });
    await watched.isUp();
    expect(watched.watch.status().queueLog).toMatchObject({ place: queueLog, isAtEnd: false });
    expect(watched.watch.status().queueLog?.failure?.reason).toBe('there is nothing to read yet');
    const call = inboundCall('1795465000.1');
    pbx.server.say([call.begins, call.joins, ...call.givesUp]);
    await watched.until(() => watched.verdicts().length === 1);
    writeFileSync(queueLog, FIRST_LINE);
    await watched.until(() => watched.watch.status().queueLog?.failure === undefined);
  });

  it('does not fill a gap when a part of it is gone', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = join(tempFolder(), 'queue_log');
    writeFileSync(queueLog, FIRST_LINE);
    const before = startWatch(pbx.server, { queueLog });
    await before.isUp();
    await before.watch.stop();
    rmSync(queueLog);
    const call = inboundCall('1795465000.1');
    writeFileSync(queueLog, call.log.enters(secondsAgo(20)) + call.log.abandons(secondsAgo(10)));
    await using after = startWatch(pbx.server, { queueLog, known: before.known() });
    await after.until(() => after.verdicts().length === 1);
    expect(after.gaps()).toMatchObject([{ reason: 'service_stopped', isFilled: false }]);
  });

  it('fills a gap later when it cannot be read at first', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = join(tempFolder(), 'queue_log');
    writeFileSync(queueLog, FIRST_LINE);
    const file = createQueueLogFileReader(queueLog);
    let isBroken = false;
    const reader: QueueLogReader = {
      ...file,
      read: async (from) => {
        if (isBroken) throw new Error('EIO: the disk is gone');
        return await file.read(from);
      },
    };
    await using watched = startWatch(pbx.server, { queueLog: reader });
    await watched.isUp();
    isBroken = true;
    pbx.server.hangUp();
    await watched.until(() => watched.gaps().length === 1);
    const call = inboundCall('1795465000.1');
    appendFileSync(queueLog, call.log.enters(secondsAgo(20)) + call.log.abandons(secondsAgo(10)));
    await watched.isUp();
    expect(watched.gaps()).toMatchObject([{ to: expect.any(Number), isFilled: null }]);
    expect(watched.known().heard?.undecided).toHaveLength(1);
    isBroken = false;
    await watched.until(() => watched.verdicts().length === 1 && watched.gaps()[0]?.isFilled === true);
    expect(watched.verdicts()).toMatchObject([{ type: 'missed', legId: '1795465000.1', waitSeconds: 10 }]);
  });

  it('is not waited for when it does not answer', async () => {
    await using pbx = await startScriptedPbx();
    const timers = new ManualTimers();
    const silent: QueueLogReader = { place: 'a table', read: () => new Promise(() => {}), close: async () => {} };
    await using watched = startWatch(pbx.server, { queueLog: silent, timers, clock: timers.clock });
    await watched.until(() => watched.watch.status().events > 0 && watched.watch.phase() === 'catching_up');
    await turns(5);
    timers.advance(10_000);
    await watched.isUp();
    expect(watched.watch.status().queueLog?.failure?.reason).toBe('no answer for 10 s');
  });

  it('tells of a call twice, and the call is decided once', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = join(tempFolder(), 'queue_log');
    writeFileSync(queueLog, FIRST_LINE);
    await using watched = startWatch(pbx.server, { queueLog });
    await watched.isUp();
    const call = inboundCall('1795465000.1');
    pbx.server.say([call.begins, call.joins, ...call.givesUp]);
    const at = secondsAgo(5);
    appendFileSync(queueLog, call.log.enters(at) + call.log.abandons(at + 4));
    await watched.until(() => watched.watch.status().queueLog?.lastAt === at + 4);
    renameSync(queueLog, `${queueLog}.1`);
    writeFileSync(queueLog, FIRST_LINE);
    pbx.server.hangUp();
    await watched.until(() => watched.gaps()[0]?.isFilled === true);
    expect(watched.verdicts()).toHaveLength(1);
    expect(watched.watch.status().legs).toBe(0);
  });
});

describe('a leg whose last event was lost', () => {
  it('is given up when the PBX lists it no longer', async () => {
    await using pbx = await startScriptedPbx();
    const timers = new ManualTimers();
    await using watched = startWatch(pbx.server, { timers, clock: timers.clock });
    await watched.isUp();
    const [lost, waits] = [inboundCall('1795465000.1'), inboundCall('1795465000.2', '+441632960002')];
    pbx.waiting.add(waits);
    pbx.server.say([lost.begins, lost.joins, waits.begins, waits.joins]);
    await watched.until(() => watched.watch.status().waitingCallers.length === 2);
    for (let pings = 1; pings <= 30; pings += 1) {
      timers.advance(10_000);
      await pbx.server.received('Ping', pings);
      await turns(20);
    }
    await watched.until(() => watched.watch.status().waitingCallers.length === 1);
    timers.advance(2_000);
    await watched.until(() => watched.verdicts().length === 1);
    expect(watched.verdicts()).toMatchObject([{ legId: '1795465000.1', isInferred: true }]);
  });
});
