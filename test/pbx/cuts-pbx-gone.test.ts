import { describe, expect, it } from 'vitest';
import { AmiPlayer } from '../support/ami-player.ts';
import { callMessages } from '../support/call-messages.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { type PbxListener, startPbxListener } from '../support/pbx-listener.ts';
import { secondsOf, turns } from '../support/pbx-watch.ts';

const STEP_MS = 250;

/** Lets the time pass while sockets keep up; answers after how many seconds something was so. @throws if it never was */
async function secondsUntil(timers: ManualTimers, within: number, isSo: () => boolean): Promise<number> {
  const begun = secondsOf(timers);
  while (!isSo()) {
    if (secondsOf(timers) - begun > within) throw new Error(`Not so within ${within} s`);
    timers.advance(STEP_MS);
    await turns(8);
  }
  return secondsOf(timers) - begun;
}

const never = () => false;

const passed = async (timers: ManualTimers, seconds: number) => {
  await secondsUntil(timers, seconds, never).catch(() => undefined);
};

const numberOf = (nth: number) => `+44163296000${nth}`;

async function missedIn(listener: PbxListener): Promise<string[]> {
  const rows = await listener.rows();
  return rows.map(({ callerId, statusReason, missedCount }) => `${callerId} ${statusReason} ${missedCount}`).sort();
}

describe('a PBX that is gone without a word', () => {
  it.each([0, 2.5, 5, 7.5, 9.75])(
    'is noticed within 25 s, %f s after the last sign of life, and every caller is known when it is back',
    async (after) => {
      const timers = new ManualTimers();
      await using player = await AmiPlayer.start({ now: () => secondsOf(timers) });
      await using listener = await startPbxListener({ player, timers });
      await listener.pbx.isUp();
      const callers = [0, 1, 2, 3, 4].map((nth) => callMessages(`1795464990.${nth}`, numberOf(nth)));
      for (const caller of callers) await player.say([...caller.begins, ...caller.joins]);
      await listener.hasHeardAll();
      expect(listener.pbx.watch.status().waitingCallers).toHaveLength(5);
      await passed(timers, after);

      player.server.isSilent = true;
      const noticed = await secondsUntil(timers, 60, () => listener.pbx.watch.phase() !== 'up');
      expect(noticed).toBeLessThan(25);
      await listener.pbx.settle();
      expect(await missedIn(listener)).toEqual([]);
      // Two give up and one is answered, and nobody hears it.
      for (const caller of callers.slice(0, 2)) player.missed(caller.givesUp);
      player.missed(callers[2]?.isConnected ?? []);
      await secondsUntil(timers, 300 - noticed, () => listener.pbx.watch.phase() === 'up').then(
        () => expect.unreachable('it is up while the PBX answers nothing'),
        () => undefined,
      );

      player.server.isSilent = false;
      const back = await secondsUntil(timers, 60, () => listener.pbx.watch.phase() === 'up');
      expect(back).toBeLessThan(35);
      await listener.pbx.settle();
      expect(await missedIn(listener)).toEqual([0, 1].map((nth) => `${numberOf(nth)} queue_hangup 1`));
      expect(listener.pbx.watch.status().waitingCallers.map(({ number }) => number)).toEqual([3, 4].map(numberOf));
      const [gap] = await listener.store.captureGaps({ since: 0, limit: 10 });
      expect(gap).toMatchObject({ reason: 'connection_lost', isFilled: false });
      expect((gap?.to ?? 0) - (gap?.from ?? 0)).toBeGreaterThanOrEqual(300);
    },
  );

  it('is heard again within 35 s of its return, after ten minutes of refused connections', async () => {
    const timers = new ManualTimers();
    await using player = await AmiPlayer.start({ now: () => secondsOf(timers) });
    await using listener = await startPbxListener({ player, timers, random: () => 1 });
    await listener.pbx.isUp();
    await player.server.shutDown();
    await passed(timers, 600);
    expect(listener.pbx.watch.phase()).not.toBe('up');
    await player.server.listen();
    expect(await secondsUntil(timers, 60, () => listener.pbx.watch.phase() === 'up')).toBeLessThan(35);
  });
});

describe('a PBX that lets us in before it has booted', () => {
  it('is waited for, and whoever called meanwhile is known', async () => {
    const timers = new ManualTimers();
    await using player = await AmiPlayer.start({ now: () => secondsOf(timers), isBooted: false });
    await using listener = await startPbxListener({ player, timers });
    await secondsUntil(timers, 5, () => listener.pbx.watch.phase() === 'booting');
    const [early, waiting] = [callMessages('1795464990.1', numberOf(1)), callMessages('1795464990.2', numberOf(2))];
    await player.say([...early.begins, ...early.joins, ...early.givesUp, ...waiting.begins, ...waiting.joins]);
    await passed(timers, 25);
    expect(listener.pbx.watch.phase()).toBe('booting');
    expect(await missedIn(listener)).toEqual([]);
    player.boot();
    await secondsUntil(timers, 5, () => listener.pbx.watch.phase() === 'up');
    await player.say(waiting.givesUp);
    await listener.hasHeardAll();
    expect(await missedIn(listener)).toEqual([1, 2].map((nth) => `${numberOf(nth)} queue_hangup 1`));
  });

  it('is left and tried again, again and again, when it never has', async () => {
    const timers = new ManualTimers();
    await using player = await AmiPlayer.start({ now: () => secondsOf(timers), isBooted: false });
    await using listener = await startPbxListener({ player, timers });
    await passed(timers, 600);
    const logins = player.server.requests.filter(({ action }) => action === 'Login').length;
    // Every thirty seconds of waiting end with a pause of up to thirty seconds.
    expect(logins).toBeGreaterThanOrEqual(10);
    expect(logins).toBeLessThanOrEqual(22);
    expect(listener.pbx.watch.status().lastFailure?.reason).toMatch(/no FullyBooted for 30 s/);
    player.isBooted = true;
    expect(await secondsUntil(timers, 90, () => listener.pbx.watch.phase() === 'up')).toBeLessThan(65);
  });
});
