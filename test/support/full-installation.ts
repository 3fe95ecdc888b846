import { randomBytes } from 'node:crypto';
import type { Store } from '../../src/core/call-store.ts';
import { missCommand, reachCommand } from './capture.ts';
import { carryOut, claimOf, contextOf, execute, NOW, save, saveOf } from './commands.ts';

/** Everything that is sure to be mistaken for something else on its way through a text format. */
const STRANGE = `tab\tline\nreturn\rback\\slash \\N \\. "quoted" 'single' \b\v\f\u0001\u001f\u007f 田中 😀 é e\u0301 \ufffd`;

/** A repeat of it answers as the first did. */
export const REPEATED = {
  command: saveOf([{ callerId: '+441632960050', externalId: 'repeated' }]),
  context: contextOf({
    repeat: { tokenId: 1, key: 'once only', fingerprint: 'of the request', keepSeconds: 7 * 86_400 },
  }),
};

/** Puts something into every table that there is, in as many ways as there are. */
export async function fillInstallation(store: Store): Promise<void> {
  await fillTokens(store);
  await fillCalls(store);
  await fillCapture(store);
  await execute(store, {
    ...{ kind: 'add_do_not_call', projectId: null, numbers: ['+441632960900', '+12025550199'] },
    ...{ reason: 'asked us to', until: null },
  });
  await execute(store, {
    ...{ kind: 'add_do_not_call', projectId: 1, numbers: ['+4930231250'], reason: null, until: NOW + 86_400 },
  });
}

async function fillTokens(store: Store): Promise<void> {
  const token = { scope: 'write', agent: null, createdAt: NOW } as const;
  await store.addToken({
    ...token,
    name: 'crm',
    hash: randomBytes(32),
    sealedKey: randomBytes(60),
    projectIds: [1, 2],
  });
  const second = await store.addToken({
    ...{ ...token, name: STRANGE, hash: randomBytes(32), sealedKey: null, projectIds: null, agent: 'ana' },
  });
  await store.revokeToken(second.id, NOW + 5);
}

async function fillCalls(store: Store): Promise<void> {
  const numbers = Array.from({ length: 700 }, (_, place) => `+441632960${String(place).padStart(3, '0')}`);
  // The oldest changes are removed again, and their numbers are not to come back.
  await save(store, [{ externalId: 'old' }], {}, contextOf({ now: NOW - 40 * 86_400 }));
  await store.tidy({ changesBefore: NOW - 30 * 86_400, repeatsBefore: 0 });
  await save(
    store,
    numbers.map((callerId, place) => ({
      ...{ callerId, externalId: place % 3 === 0 ? null : `ext ${place}`, callerIdName: place % 2 ? 'Ana Pop' : null },
      ...{ priority: place % 5, schedule: place % 7 ? null : NOW + place, campaignName: 'Iarnă' },
    })),
  );
  await save(store, [{ callerIdName: STRANGE, campaignInfo: STRANGE, vars: { strange: STRANGE, 10: 'b', 9: 'a' } }]);
  const [claimed] = await carryOut(store, claimOf('ana'));
  await carryOut(store, claimOf('ion'));
  await carryOut(store, { kind: 'note', id: claimed?.id ?? 0, text: STRANGE });
  await carryOut(store, { kind: 'cancel', rows: { ids: [5, 6, 7] }, code: 'no_longer', words: STRANGE });
  await execute(store, REPEATED.command, REPEATED.context);
}

async function fillCapture(store: Store): Promise<void> {
  await execute(store, missCommand({ name: STRANGE, number: '+12025550100' }));
  await execute(store, missCommand({ legId: '1800000000.2', number: null }, {}, 'withheld'));
  await execute(store, reachCommand({}, [{ projectId: 1, numbers: ['+12025550123'] }]));
  await execute(store, { kind: 'record_own_channels', channelIds: ['callqueue-1', 'callqueue-2'] });
  const gap = { pbx: 'asterisk-1', instance: 'one', reason: 'not_running' };
  await execute(store, { kind: 'record_gap', gap: { ...gap, from: NOW - 500, to: NOW - 400, isFilled: true } });
  await execute(store, { kind: 'record_gap', gap: { ...gap, from: NOW - 300, to: NOW - 200, isFilled: false } });
  await execute(store, { kind: 'record_gap', gap: { ...gap, from: NOW - 100, to: null, isFilled: null } });
  await execute(store, { kind: 'keep_place', pbx: 'asterisk-1', reader: 'queue_log', place: '{"at":1}' });
}
