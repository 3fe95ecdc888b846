import type { Client, Filters, Row } from '#client';
import { numberOf } from '../../bench/make-calls.ts';
import type { PlainSql } from './postgres-stored.ts';

export interface WalkOptions {
  /** The campaign of its calls, which nobody else changes. */
  name: string;
  clients: readonly Client[];
  sql: PlainSql;
  random: () => number;
  mayRead(): boolean;
}

/** A question to the API, and the same in SQL: columns id, status, priority and info, all rows that match, in order. */
interface Question {
  filters: Filters;
  sort: keyof typeof ORDERS;
  where: string;
  values: readonly unknown[];
}

const ORDERS = { id: 'id', priority: 'priority, id', '-updated_at': 'updated_at DESC, id' } as const;
const SORTS = Object.keys(ORDERS) as (keyof typeof ORDERS)[];
const PAGE = 20;
/** To each instance before and after each change. */
const QUESTIONS = 3;

/**
 * Changes calls of its own at one instance after the other and, as soon as a change is acknowledged, asks all
 * instances, which must answer what plain SQL says. While it asks, its calls stand still, so that there is one truth;
 * of the list as a whole, which grows meanwhile, it knows what the count was before and after.
 */
export async function walk(options: WalkOptions): Promise<{ reads: number; wrong: string[] }> {
  const { name, clients, sql, random, mayRead } = options;
  const wrong: string[] = [];
  const mine: { id: number; externalId: string; number: string }[] = [];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  let [reads, steps] = [0, 0];

  async function change(client: Client): Promise<void> {
    steps += 1;
    const dice = random();
    if (mine.length < 5 || dice < 0.5) {
      const number = numberOf(Math.floor(random() * 1_000));
      const externalId = `${name}-${steps}`;
      const priority = Math.floor(random() * 5);
      const call = { caller_id: number, external_id: externalId, outbound_type: 'auto', priority } as const;
      const saved = await client.save({
        ...{ project_id: 1, campaign_name: name, attend_type: 'unattended' },
        calls: [call],
      });
      mine.push({ id: saved[0]?.id as number, externalId, number });
    } else if (dice < 0.7) {
      await client.update({ calls: [{ id: pick(mine).id, priority: Math.floor(random() * 5) }] }).catch(ignoreRefusal);
    } else if (dice < 0.9) await client.note({ id: pick(mine).id, text: 'seen' });
    else await client.cancel({ ids: [pick(mine).id] }).catch(ignoreRefusal);
  }

  function question(): Question {
    return { ...matching(), sort: pick(SORTS) };
  }

  function matching(): Omit<Question, 'sort'> {
    const { id, externalId, number } = pick(mine);
    const campaign = { where: 'campaign_name = $1', values: [name] };
    switch (Math.floor(random() * 5)) {
      case 0:
        return { filters: { campaign: name }, ...campaign };
      case 1:
        return {
          filters: { campaign: name, status: 'pending' },
          where: `${campaign.where} AND status = 'pending'`,
          values: [name],
        };
      case 2:
        return { filters: { external_id: externalId }, where: 'external_id = $1', values: [externalId] };
      case 3:
        return { filters: { id }, where: 'id = $1', values: [id] };
      default:
        return {
          filters: { caller_id: number, campaign: name },
          where: `${campaign.where} AND caller_id = $2`,
          values: [name, number],
        };
    }
  }

  async function compare(client: Client, { filters, sort, where, values }: Question): Promise<void> {
    const { results, pagination } = await client.read({ filters, sort, page_size: PAGE });
    const truth = await sql.all<Truth>(
      `SELECT id::int, status, priority::int, updated_at::int AS at FROM calls WHERE ${where} ORDER BY ${ORDERS[sort]}`,
      values,
    );
    const answered = [pagination.row_count, ...results.map(ofRow)].join(' ');
    const stored = [truth.length, ...truth.slice(0, PAGE).map(ofTruth)].join(' ');
    if (answered !== stored) wrong.push(`${JSON.stringify(filters)}: ${answered}, and it is ${stored}`);
  }

  async function compareAll(client: Client): Promise<void> {
    const count = async () => (await sql.all<{ n: number }>('SELECT count(*)::int AS n FROM calls'))[0]?.n as number;
    const before = await count();
    const { row_count } = (await client.read({ page_size: 1 })).pagination;
    const after = await count();
    if (row_count < before || row_count > after) wrong.push(`${row_count} calls, and it is ${before} to ${after}`);
  }

  /** To all instances at the same time. */
  async function askAll(questions: readonly Question[]): Promise<boolean> {
    const asking: Promise<void>[] = [];
    for (const client of clients) {
      for (const one of questions) {
        if (!mayRead()) break;
        reads += 1;
        asking.push(random() < 0.1 ? compareAll(client) : compare(client, one));
      }
    }
    await Promise.all(asking);
    return asking.length === clients.length * questions.length;
  }

  await change(pick(clients));
  for (;;) {
    // Asked before the change as well: who remembers an answer for too long is found out by the second.
    const questions = Array.from({ length: QUESTIONS }, question);
    if (!(await askAll(questions))) break;
    await change(clients[steps % clients.length] as Client);
    if (!(await askAll(questions))) break;
  }
  return { reads, wrong };
}

interface Truth {
  id: number;
  status: string;
  priority: number;
  at: number;
}

function ofRow({ id, status, priority, updated_at }: Row): string {
  return `${id}/${status}/${priority}/${Date.parse(`${updated_at.replace(' ', 'T')}Z`) / 1000}`;
}

function ofTruth({ id, status, priority, at }: Truth): string {
  return `${id}/${status}/${priority}/${at}`;
}

/** What is cancelled already cannot be changed again. */
function ignoreRefusal(error: unknown): void {
  if ((error as { status?: number }).status !== 409) throw error;
}
