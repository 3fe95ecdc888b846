import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createRightsWarner } from '../../src/pbx/asterisk/warn-of-rights.ts';
import { startAmiClient } from '../support/ami-client.ts';
import { AmiServer } from '../support/ami-server.ts';
import { answersOf } from '../support/ami-user.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { startPbxWatch } from '../support/pbx-watch.ts';

function collector() {
  const warnings: string[] = [];
  return {
    warnings,
    logger: pino({ level: 'warn' }, { write: (line) => void warnings.push(JSON.parse(line).advice) }),
  };
}

it('warns in the log of a server of each right that its user at the PBX should not have', async () => {
  const { warnings, logger } = collector();
  await using server = await AmiServer.start({ answers: answersOf({ write: ['all'], isDangerous: true }) });
  await using pbx = await startPbxWatch({
    url: server.url,
    timers: new ManualTimers(),
    report: async () => {},
    logger,
  });
  await pbx.isUp();
  await expect
    .poll(() => warnings)
    .toEqual([
      expect.stringMatching(/^take system, command, config out of write = of \[connector\].* agent, user/),
      expect.stringMatching(/^set live_dangerously = no/),
    ]);
});

it('does not warn of a user with the rights that are needed', async () => {
  const { warnings, logger } = collector();
  await using server = await AmiServer.start({ answers: answersOf({ write: ['reporting'] }) });
  await using client = startAmiClient(server);
  await client.heard('up');
  await createRightsWarner({ user: 'connector', logger })(client.connection, 'run 1');
  expect(warnings).toEqual([]);
});

it('warns for each connection, but looks for live_dangerously once in a run of the PBX', async () => {
  const { warnings, logger } = collector();
  await using server = await AmiServer.start({ answers: answersOf({ write: ['reporting', 'command'] }) });
  await using client = startAmiClient(server);
  await client.heard('up');
  const warn = createRightsWarner({ user: 'connector', logger });
  for (const run of ['run 1', 'run 1', 'run 2']) await warn(client.connection, run);
  expect(warnings).toHaveLength(3);
  expect(server.requests.filter(({ action }) => action === 'Getvar')).toHaveLength(2);
});

it('is silent and goes on when the connection ends meanwhile', async () => {
  const { warnings, logger } = collector();
  await using server = await AmiServer.start({ answers: { listcommands: () => [] } });
  await using client = startAmiClient(server);
  await client.heard('up');
  const warned = createRightsWarner({ user: 'connector', logger })(client.connection, 'run 1');
  await server.received('ListCommands');
  server.hangUp();
  await warned;
  expect(warnings).toEqual([]);
});
