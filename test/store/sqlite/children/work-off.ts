import { openSqliteStore } from '../../../../src/store/sqlite/open-sqlite-store.ts';
import { carryOut, claimOf, save } from '../../../support/commands.ts';
import { plainDerivation } from '../../../support/derivation.ts';
import { spawnPlainWriter } from '../../../support/plain-writer.ts';

/** Eight clients that save three calls, claim the first and complete it, without end; says what was acknowledged. */
const [path, round] = process.argv.slice(2) as [string, string];
const store = await openSqliteStore({ path, derivation: plainDerivation, spawnWriter: spawnPlainWriter });

async function work(client: number): Promise<never> {
  for (let turn = 0; ; turn++) {
    // What is saved together is recognised by its campaign.
    const campaignName = `${round}/${client}/${turn}`;
    const saved = await save(store, [{ campaignName }, { campaignName }, { campaignName }]);
    console.log(`saved ${campaignName}`);
    const id = saved[0]?.id ?? 0;
    await carryOut(store, claimOf(`agent ${client}`, { id }));
    console.log(`inprogress ${id}`);
    await carryOut(store, { kind: 'complete', id, agent: `agent ${client}`, completion: {} });
    console.log(`completed ${id}`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, client) => work(client)));
