import type { PagePagination } from '../client/src/contract.ts';
import type { Facts } from './facts.ts';
import type { Answer } from './requests.ts';
import type { Variant } from './shapes.ts';

/** The answer as an envelope. @throws Error when it is none, or tells of an error */
export function envelopeOf({ status, body }: Answer): { pagination: PagePagination; results: { id: number }[] } {
  const text = body.toString();
  if (status !== 200) throw new Error(`status ${status}: ${text.slice(0, 300)}`);
  const envelope = JSON.parse(text);
  if (envelope.has_error !== false) throw new Error(`has_error: ${text.slice(0, 300)}`);
  return envelope;
}

/** What differs between an answer and what the database holds; undefined: nothing. */
export async function differenceOf(
  { parameters, where, values, order }: Variant,
  answer: Answer,
  facts: Pick<Facts, 'countWhere' | 'idsWhere'>,
): Promise<string | undefined> {
  const { pagination, results } = envelopeOf(answer);
  const asked = JSON.stringify(parameters);
  const count = await facts.countWhere(where, values);
  if (pagination.row_count !== count) return `${asked}: row_count is ${pagination.row_count}, ${count} calls match`;
  const limit = pagination.page_size;
  const expected = await facts.idsWhere(where, values, { limit, offset: (parameters.page - 1) * limit, order });
  const ids = results.map(({ id }) => id);
  const place = Array.from({ length: Math.max(ids.length, expected.length) }).findIndex(
    (_, index) => ids[index] !== expected[index],
  );
  if (place === -1) return undefined;
  return `${asked}: row ${place + 1} is ${ids[place] ?? 'missing'}, expected ${expected[place] ?? 'no more rows'}`;
}
