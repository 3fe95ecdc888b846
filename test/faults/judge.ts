import type { Row } from '#client';
import type { Batch, Ledger } from './ledger.ts';
import type { Entry, Stored } from './stored.ts';

/** Most sentences of one kind; the first ones say it all. */
const MOST = 20;

/**
 * Compares what was acknowledged with what is stored. One sentence for each thing that is lost, half, double or does not
 * agree; none when all is well.
 */
export function judge(ledger: Ledger, stored: Stored): string[] {
  return [
    ...judgeConsistency(stored),
    ...judgeBatches(ledger, stored).slice(0, MOST),
    ...judgeDeeds(ledger, stored).slice(0, MOST),
  ];
}

/** Whether file, rows, history and feed agree, whatever they say. */
export function judgeConsistency(stored: Stored): string[] {
  const history = Map.groupBy(stored.history, ({ callId }) => callId);
  return [
    ...stored.damage.map((text) => `The file is damaged: ${text}`),
    ...stored.rows.flatMap((row) => judgeRow(row, history.get(row.id) ?? [])).slice(0, MOST),
    ...judgeFeed(stored).slice(0, MOST),
  ];
}

/** What was done although nobody was told: a server that stops in good order leaves none of that. */
export function judgeUnanswered({ batches, deeds }: Ledger, { rows, history }: Stored): string[] {
  const marks = new Set(rows.flatMap(({ campaign_name, campaign_info }) => [campaign_name, campaign_info]));
  const done = new Set(history.map(({ event, actor }) => `${event} ${agentOf(actor)}`));
  const saves = batches.flatMap(({ mark, ids, rewrites }) => [
    { mark, isAcknowledged: ids !== undefined },
    ...rewrites,
  ]);
  return [
    ...saves.filter(({ mark, isAcknowledged }) => !isAcknowledged && marks.has(mark)).map(({ mark }) => mark),
    ...deeds
      .filter(({ event, agent, isAcknowledged }) => !isAcknowledged && done.has(`${event} ${agent}`))
      .map(({ event, agent }) => `${agent} has ${event}`),
  ].map((what) => `${what}: stored and not answered`);
}

/** What a reader got who was there all the time, against the feed. */
export function judgeReader(name: string, got: readonly number[], stored: Pick<Stored, 'feed'>): string[] {
  const wrong: string[] = [];
  if (got.length !== stored.feed.length) wrong.push(`The ${name} got ${got.length} of ${stored.feed.length} changes`);
  const at = got.findIndex((sequence, index) => sequence !== stored.feed[index]?.sequence);
  if (at >= 0) wrong.push(`The ${name} got ${got[at]} as change ${at + 1}, which is ${stored.feed[at]?.sequence}`);
  return wrong;
}

function judgeBatches({ batches }: Ledger, { rows }: Stored): string[] {
  const stored = Map.groupBy(rows, ({ campaign_name }) => campaign_name);
  const strange = [...stored.keys()].filter((mark) => !batches.some((batch) => batch.mark === mark));
  return [
    ...strange.map((mark) => `There are calls of ${mark}, which nobody saved`),
    ...batches.flatMap((batch) => judgeBatch(batch, stored.get(batch.mark) ?? [])),
  ];
}

function judgeBatch({ mark, numbers, ids, rewrites }: Batch, rows: readonly Row[]): string[] {
  const wrong: string[] = [];
  const size = numbers.length;
  if (rows.length !== size && rows.length !== 0) wrong.push(`${mark}: ${rows.length} of ${size} calls are stored`);
  if (ids === undefined) return wrong;
  if (rows.length === 0) wrong.push(`${mark}: acknowledged and lost`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const misplaced = ids.findIndex((id, index) => byId.get(id)?.caller_id !== numbers[index]);
  if (misplaced >= 0) wrong.push(`${mark}: call ${ids[misplaced]} is not the one that was acknowledged`);

  const infos = new Set(rows.map(({ campaign_info }) => campaign_info));
  if (infos.size > 1) wrong.push(`${mark}: half of a later save is stored (${[...infos].join(', ')})`);
  const last = rewrites.findLastIndex(({ isAcknowledged }) => isAcknowledged);
  const possible = rewrites.slice(Math.max(0, last)).map((rewrite): string | null => rewrite.mark);
  if (last < 0) possible.push(null);
  for (const info of infos)
    if (!possible.includes(info)) wrong.push(`${mark}: ${info} is stored, after ${rewrites[last]?.mark}`);
  return wrong;
}

function judgeDeeds({ deeds }: Ledger, { history }: Stored): string[] {
  const done = Map.groupBy(history, ({ event, actor }) => `${event} ${agentOf(actor)}`);
  return deeds.flatMap(({ event, agent, id, isAcknowledged }) => {
    const entries = done.get(`${event} ${agent}`) ?? [];
    if (entries.length > 1) return [`${agent} has ${event} ${entries.length} times`];
    if (isAcknowledged && entries[0]?.callId !== id) return [`${agent} has ${event} ${id}: acknowledged and lost`];
    return [];
  });
}

/** The row is what its history made of it. */
function judgeRow(row: Row, entries: readonly Entry[]): string[] {
  const wrong = (what: string) => `Call ${row.id}: ${what}`;
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return [wrong('has no history')];
  const problems: string[] = [];
  if (first.event !== 'created' || first.from !== null) problems.push(wrong(`began with ${first.event}`));
  let status: string | null = null;
  let holder: string | null = null;
  for (const [index, { number, event, actor, from, to }] of entries.entries()) {
    if (number !== index + 1) problems.push(wrong(`entry ${index + 1} of its history is missing`));
    if (from !== status) problems.push(wrong(`${event} from ${from} came after ${status}`));
    status = to;
    holder = to !== 'inprogress' ? null : event === 'claimed' ? agentOf(actor) : holder;
  }
  if (row.status !== status) problems.push(wrong(`is ${row.status}, its history says ${status}`));
  if (row.claimed_by !== holder) problems.push(wrong(`is held by ${row.claimed_by}, its history says ${holder}`));
  if (Date.parse(row.created_at) / 1000 !== first.at) problems.push(wrong('was not created when its history began'));
  if (Date.parse(row.updated_at) / 1000 !== last.at) problems.push(wrong('was not updated when its history ended'));
  return problems;
}

/** Every line of the history has its change, and no number is missing, since one writer gives them in their order. */
function judgeFeed({ rows, history, feed }: Stored): string[] {
  const wrong: string[] = [];
  const hole = feed.findIndex(({ sequence }, index) => sequence !== index + 1);
  if (hole >= 0) wrong.push(`The feed has ${feed[hole]?.sequence} as change ${hole + 1}`);
  const told = countBy(feed);
  const happened = countBy(history);
  for (const id of new Set([...told.keys(), ...happened.keys(), ...rows.map((row) => row.id)])) {
    if (told.get(id) === happened.get(id)) continue;
    wrong.push(`Call ${id} changed ${happened.get(id) ?? 0} times, the feed tells ${told.get(id) ?? 0}`);
  }
  const known = new Set(rows.map(({ id }) => id));
  for (const id of happened.keys()) if (!known.has(id)) wrong.push(`Call ${id} has a history and is not there`);
  return wrong;
}

function countBy(list: readonly { callId: number }[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { callId } of list) counts.set(callId, (counts.get(callId) ?? 0) + 1);
  return counts;
}

/** The agent of `agent NAME, token NAME`. */
function agentOf(actor: string): string | null {
  return /^agent (.*), token /.exec(actor)?.[1] ?? null;
}
