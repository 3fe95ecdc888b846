import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { judge, judgeReader, judgeUnanswered } from './faults/judge.ts';
import { type KillRounds, runKillRounds } from './faults/kill-rounds.ts';
import { acknowledged } from './faults/ledger.ts';

/** Another one makes other requests, killed at other moments. */
const SEED = 1 + Math.floor(Math.random() * 1_000_000);

describe(`a server that is killed in the middle of changes (seed ${SEED})`, () => {
  let run: KillRounds;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'callqueue-kill-'));
    try {
      run = await runKillRounds({ rounds: 5, seed: SEED, folder });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 60_000);

  it('has lost nothing that it acknowledged, keeps nothing by half, and makes nothing twice', () => {
    expect(run.wrong).toEqual([]);
    const { saves, deeds } = acknowledged(run.ledger);
    expect(saves).toBeGreaterThan(20);
    expect(deeds).toBeGreaterThan(20);
  });

  describe('is judged by somebody who notices', () => {
    it('a save that was acknowledged and never stored', () => {
      const { ledger, stored } = structuredClone(run);
      ledger.batches.push({
        ...{ mark: 'batch-never', numbers: ['+441632960001'], isNamed: false, key: undefined },
        ...{ ids: [1_000_000], rewrites: [] },
      });
      expect(judge(ledger, stored)).toContain('batch-never: acknowledged and lost');
    });

    it('a claim that was acknowledged and never stored', () => {
      const { ledger, stored } = structuredClone(run);
      ledger.deeds.push({ event: 'claimed', agent: 'agent-never', id: 1, isAcknowledged: true });
      expect(judge(ledger, stored)).toEqual(['agent-never has claimed 1: acknowledged and lost']);
    });

    it('a change that was made and not answered', () => {
      const { ledger, stored } = structuredClone(run);
      const batch = ledger.batches.find(({ ids }) => ids !== undefined)!;
      const deed = ledger.deeds.find(({ isAcknowledged }) => isAcknowledged)!;
      batch.ids = undefined;
      deed.isAcknowledged = false;
      expect(judgeUnanswered(ledger, stored)).toEqual(
        expect.arrayContaining([
          `${batch.mark}: stored and not answered`,
          `${deed.agent} has ${deed.event}: stored and not answered`,
        ]),
      );
    });

    it('half a batch, acknowledged or not', () => {
      for (const isAcknowledged of [true, false]) {
        const { ledger, stored } = structuredClone(run);
        const batch = ledger.batches.find(({ ids, numbers }) => ids !== undefined && numbers.length > 1)!;
        const [, lost] = batch.ids!;
        if (!isAcknowledged) batch.ids = undefined;
        stored.rows = stored.rows.filter(({ id }) => id !== lost);
        const size = batch.numbers.length;
        expect(judge(ledger, stored)).toContain(`${batch.mark}: ${size - 1} of ${size} calls are stored`);
      }
    });

    it('a batch that is there twice', () => {
      const { ledger, stored } = structuredClone(run);
      const row = stored.rows[0]!;
      stored.rows.push({ ...row, id: 1_000_000 });
      expect(judge(ledger, stored).join()).toMatch(`${row.campaign_name}: `);
    });

    it('a row that is not what its history says', () => {
      const { ledger, stored } = structuredClone(run);
      const row = stored.rows.find(({ status }) => status === 'completed')!;
      row.status = 'pending';
      expect(judge(ledger, stored)).toEqual([`Call ${row.id}: is pending, its history says completed`]);
    });

    it('a change without history, and one without an entry in the feed', () => {
      const { ledger, stored } = structuredClone(run);
      const { callId } = stored.history.pop()!;
      expect(judge(ledger, stored).join()).toMatch(`Call ${callId} changed`);
      const other = structuredClone(run);
      const lost = other.stored.feed.pop()!;
      expect(judge(other.ledger, other.stored).join()).toMatch(`Call ${lost.callId} changed`);
    });

    it('a reader of the feed that missed a change, got one twice, or in another order', () => {
      const { pushed, stored } = run;
      expect(judgeReader('feed', pushed, stored)).toEqual([]);
      for (const got of [pushed.toSpliced(3, 1), pushed.toSpliced(3, 0, 3), pushed.toSpliced(3, 2, 5, 4)]) {
        expect(judgeReader('feed', got, stored)).not.toEqual([]);
      }
    });
  });
});
