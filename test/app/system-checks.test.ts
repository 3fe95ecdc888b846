import { describe, expect, it, onTestFinished } from 'vitest';
import type { SystemCheck } from '../../client/src/contract.ts';
import { createSystemChecks, lookElsewhere, type SystemChecksOptions } from '../../src/app/system-checks.ts';
import { startTestApp, testSettings } from '../support/app.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NOW = 1_800_000_000;
const fine: SystemCheck = { subject: 'disk', verdict: 'ok', text: 'enough' };

function open(options: Partial<SystemChecksOptions> = {}) {
  let now = NOW;
  const looks: PromiseWithResolvers<SystemCheck[]>[] = [];
  const checks = createSystemChecks({
    clock: { now: () => now++ },
    look() {
      const look = Promise.withResolvers<SystemCheck[]>();
      looks.push(look);
      return look.promise;
    },
    ...options,
  });
  onTestFinished(() => checks.stop());
  return { checks, looks };
}

describe('checks for a running server', () => {
  it('are made once for all who ask at a time, and not again for a minute', async () => {
    const { checks, looks } = open();
    const asking = [checks.latest(), checks.latest()];
    looks[0]?.resolve([fine]);
    expect(await Promise.all(asking)).toEqual([
      { at: NOW, findings: [fine] },
      { at: NOW, findings: [fine] },
    ]);
    expect(await checks.latest()).toEqual({ at: NOW, findings: [fine] });
    expect(looks).toHaveLength(1);
  });

  it('are made anew when their time is over', async () => {
    const { checks, looks } = open({ restMs: 0 });
    const first = checks.latest();
    looks[0]?.resolve([fine]);
    await first;
    // The first took a moment, and thirty such moments are waited for.
    await expect
      .poll(() => {
        void checks.latest();
        return looks.length;
      })
      .toBe(2);
    looks[1]?.resolve([]);
    expect(await checks.latest()).toEqual({ at: NOW + 1, findings: [] });
  });

  it('are answered as they were when a new look takes long', async () => {
    const { checks, looks } = open({ patienceMs: 10 });
    expect(await checks.latest()).toEqual({ at: undefined, findings: [] });
    looks[0]?.resolve([fine]);
    expect((await checks.latest()).findings).toEqual([fine]);
  });

  it('say so when they cannot be made', async () => {
    const { checks, looks } = open();
    const asking = checks.latest();
    looks[0]?.reject(new Error('no more processes'));
    expect((await asking).findings).toEqual([
      { subject: 'checks', verdict: 'fail', text: 'could not be made: no more processes' },
    ]);
  });

  it('are not begun after the stop, which ends one that runs', async () => {
    let ended: AbortSignal | undefined;
    const { checks } = open({
      look: (signal) => {
        ended = signal;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
        });
      },
    });
    const asking = checks.latest();
    checks.stop();
    checks.stop();
    await asking;
    expect(ended?.aborted).toBe(true);
    ended = undefined;
    await checks.latest();
    expect(ended).toBeUndefined();
  });
});

it('a running server tells what doctor finds, but for its port, and how large the database is', async () => {
  await using app = await startTestApp();
  type System = { checks: { findings: SystemCheck[] }; database: { bytes: number }; instances: object[] };
  const ask = async () => (await app.post<System>({ action: 'system' })).body.results[0];
  await expect.poll(async () => (await ask())?.checks.findings.length, { timeout: 20_000 }).toBeGreaterThan(0);
  const system = await ask();
  const subjects = system?.checks.findings.map(({ subject }) => subject);
  expect(subjects).toEqual(expect.arrayContaining(['database', 'disk', 'clock', 'network']));
  expect(subjects).not.toContain('port');
  expect(system?.database.bytes).toBeGreaterThan(4096);
  expect(system?.instances).toHaveLength(1);
});

it('a look in a process of its own is ended when it is no longer wanted', async () => {
  const folder = tempFolder();
  const stopping = new AbortController();
  const looking = lookElsewhere(testSettings(folder), stopping.signal);
  stopping.abort();
  await expect(looking).rejects.toThrow('aborted');
});
