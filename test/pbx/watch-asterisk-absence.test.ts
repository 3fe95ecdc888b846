import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inboundCall } from '../support/asterisk-calls.ts';
import { startScriptedPbx } from '../support/scripted-pbx.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { startWatch } from '../support/watched.ts';

const RUN = '2026-11-23 20:22:09';
const NEXT_RUN = '2026-11-23 20:22:08';

const callId = (n: number) => `1795465000.${n}`;
const numberOf = (n: number) => `+441632960${String(n % 1000).padStart(3, '0')}`;
const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;

function queueLogFile(): string {
  const path = join(tempFolder(), 'queue_log');
  writeFileSync(path, `${secondsAgo(5000)}|NONE|NONE|NONE|QUEUESTART|\n`);
  return path;
}

describe('after an absence', () => {
  it('every call that came and went while the service was down is told once, though the file was rotated and cut', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = queueLogFile();
    const before = startWatch(pbx.server, { queueLog });
    await before.isUp();
    await before.watch.stop();

    const calls = Array.from({ length: 200 }, (_, n) => inboundCall(callId(n), numberOf(n)));
    const start = secondsAgo(3600);
    const lines = calls.flatMap(({ log }, n) => [log.enters(start + n), log.abandons(start + n + 7)]);
    const lastAt = start + 206;
    appendFileSync(queueLog, lines.slice(0, 201).join(''));
    renameSync(queueLog, `${queueLog}.1`);
    const text = lines.slice(201).join('');
    writeFileSync(queueLog, text.slice(0, -9));

    await using after = startWatch(pbx.server, { queueLog, known: before.known() });
    await after.isUp();
    await after.until(() => after.verdicts().length === 200);
    appendFileSync(queueLog, text.slice(-9));
    await after.until(() => lastRead(after) === lastAt);
    expect(new Set(after.verdicts().map(({ legId }) => legId)).size).toBe(200);
    expect(after.verdicts()).toHaveLength(200);
    // Of the last one the end was not written yet.
    expect(after.verdicts().filter((verdict) => verdict.type === 'missed' && verdict.waitSeconds === 7)).toHaveLength(
      199,
    );
    expect(after.gaps()).toMatchObject([{ reason: 'service_stopped', isFilled: true }]);
    expect(after.gaps()[0]?.to).not.toBeNull();
  });

  it('callers who wait while the service restarts are missed once or wait on', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = queueLogFile();
    const [stays, goes] = [inboundCall(callId(1), numberOf(1)), inboundCall(callId(2), numberOf(2))];
    const before = startWatch(pbx.server, { queueLog });
    await before.isUp();
    pbx.server.say([stays.begins, stays.joins, goes.begins, goes.joins]);
    appendFileSync(queueLog, stays.log.enters(secondsAgo(20)) + goes.log.enters(secondsAgo(20)));
    await before.until(() => before.watch.status().waitingCallers.length === 2);
    await before.watch.stop();
    expect(before.verdicts()).toEqual([]);

    appendFileSync(queueLog, goes.log.abandons(secondsAgo(10)));
    pbx.waiting.add(stays);
    await using after = startWatch(pbx.server, { queueLog, known: before.known() });
    await after.isUp();
    await after.until(() => after.verdicts().length > 0);
    expect(after.verdicts()).toMatchObject([{ legId: callId(2), kind: 'queue_hangup', isInferred: false }]);
    pbx.server.say(stays.givesUp);
    await after.until(() => after.verdicts().length > 1);
    expect(after.verdicts()[1]).toMatchObject({ pbx: RUN, legId: callId(1), number: numberOf(1) });
  });

  it('without a record of queues a caller who is gone is missed, and the gap is shown as not filled', async () => {
    await using pbx = await startScriptedPbx();
    await using watched = startWatch(pbx.server);
    await watched.isUp();
    const [stays, goes] = [inboundCall(callId(1), numberOf(1)), inboundCall(callId(2), numberOf(2))];
    pbx.server.say([stays.begins, stays.joins, goes.begins, goes.joins]);
    await watched.until(() => watched.watch.status().waitingCallers.length === 2);
    pbx.waiting.add(stays);
    pbx.server.hangUp();
    await watched.until(() => watched.gaps().length === 1);
    expect(watched.gaps()).toMatchObject([{ pbx: RUN, reason: 'connection_lost', to: null, isFilled: null }]);
    await watched.isUp();
    await watched.until(() => watched.verdicts().length > 0);
    expect(watched.verdicts()).toMatchObject([{ legId: callId(2), isInferred: true }]);
    expect(watched.gaps()).toMatchObject([{ reason: 'connection_lost', isFilled: false }]);
    expect(watched.watch.status().waitingCallers).toMatchObject([{ legId: callId(1) }]);
  });

  it('a restart of the PBX ends every call it had, and ids that it gives out again are other calls', async () => {
    await using pbx = await startScriptedPbx();
    await using watched = startWatch(pbx.server);
    await watched.isUp();
    const call = inboundCall(callId(1), numberOf(1));
    pbx.server.say([call.begins, call.joins]);
    await watched.until(() => watched.watch.status().waitingCallers.length === 1);
    pbx.restart();
    pbx.server.hangUp();
    await watched.until(() => watched.verdicts().length === 1);
    await watched.isUp();
    const again = inboundCall(callId(1), numberOf(2));
    pbx.server.say([again.begins, again.joins, ...again.givesUp]);
    await watched.until(() => watched.verdicts().length === 2);
    expect(watched.verdicts()).toMatchObject([
      { pbx: RUN, legId: callId(1), number: numberOf(1) },
      { pbx: NEXT_RUN, legId: callId(1), number: numberOf(2) },
    ]);
    expect(watched.gaps()).toMatchObject([{ pbx: RUN, reason: 'pbx_restarted' }]);
  });

  it('callers whom a restart of the PBX took are missed in the run that ended, also when the service ends behind it', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = queueLogFile();
    const before = startWatch(pbx.server, { queueLog });
    await before.isUp();
    const call = inboundCall(callId(1), numberOf(1));
    pbx.server.say([call.begins, call.joins]);
    appendFileSync(queueLog, call.log.enters(secondsAgo(100)));
    await before.until(() => before.known().queueLog?.queued.length === 1);
    pbx.restart();
    appendFileSync(queueLog, `${secondsAgo(90)}|NONE|NONE|NONE|QUEUESTART|\n`);
    pbx.server.hangUp();
    await before.until(() => before.verdicts().length === 1);
    await before.isUp();
    // Once as a crash would leave it, and once as a stop does.
    const crashed = before.known();
    await before.watch.stop();
    const again = [crashed, before.known()].map((known) => startWatch(pbx.server, { queueLog, known }));
    for (const after of again) {
      await after.isUp();
      await after.watch.stop();
    }
    const [told, toldAgain, toldAfterStop] = [before, ...again].map((watched) => watched.verdicts());
    expect(told).toMatchObject([{ pbx: RUN, legId: callId(1) }]);
    // The same call to the database.
    expect(toldAgain).toMatchObject([{ pbx: RUN, legId: callId(1) }]);
    expect(toldAfterStop).toEqual([]);
  });

  it('calls of the new run that nobody heard are of the new run', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = queueLogFile();
    const before = startWatch(pbx.server, { queueLog });
    await before.isUp();
    await before.watch.stop();
    pbx.restart();
    const [old, young] = [inboundCall(callId(1), numberOf(1)), inboundCall(callId(2), numberOf(2))];
    // The scripted process says that it has been up for 90 s.
    appendFileSync(queueLog, old.log.enters(secondsAgo(200)) + old.log.abandons(secondsAgo(190)));
    appendFileSync(queueLog, young.log.enters(secondsAgo(40)) + young.log.abandons(secondsAgo(30)));
    await using after = startWatch(pbx.server, { queueLog, known: before.known() });
    await after.until(() => after.verdicts().length === 2);
    expect(after.verdicts()).toMatchObject([
      { pbx: RUN, legId: callId(1) },
      { pbx: NEXT_RUN, legId: callId(2) },
    ]);
  });

  it('who left a queue and was not decided when the service ended is read of again', async () => {
    await using pbx = await startScriptedPbx();
    const queueLog = queueLogFile();
    const before = startWatch(pbx.server, { queueLog });
    await before.isUp();
    const [lingers, other] = [inboundCall(callId(1), numberOf(1)), inboundCall(callId(2), numberOf(2))];
    pbx.server.say([lingers.begins, lingers.joins]);
    const start = secondsAgo(20);
    const timeout = `${start + 15}|${callId(1)}|sales|NONE|EXITWITHTIMEOUT|1|1|15\n`;
    appendFileSync(queueLog, lingers.log.enters(start) + timeout);
    await before.until(() => lastRead(before) === start + 15);
    appendFileSync(queueLog, other.log.enters(start + 17) + other.log.connects(start + 18));
    await before.until(() => lastRead(before) === start + 18);
    await before.watch.stop();
    expect(before.verdicts().filter(({ type }) => type === 'missed')).toEqual([]);

    await using after = startWatch(pbx.server, { queueLog, known: before.known() });
    await after.until(() => after.verdicts().some(({ type }) => type === 'missed'));
    expect(after.verdicts().filter(({ type }) => type === 'missed')).toMatchObject([
      { legId: callId(1), kind: 'queue_timeout' },
    ]);
  });
});

function lastRead({ watch }: ReturnType<typeof startWatch>): number {
  return watch.status().queueLog?.lastAt ?? 0;
}
