import type { DoNotCallRow, PagePagination } from '../../client/src/contract.ts';
import type { Parameter } from '../wire/parameter.ts';
import { askApi } from './ask-api.ts';
import type { OpenQueue } from './open-queue.ts';

export interface DoNotCallAnswer {
  results: DoNotCallRow[];
  pagination: PagePagination;
}

/**
 * Reads or changes the do-not-call list, asked for and answered as by `action=do_not_call`.
 * @param data what is undefined is not given
 * @throws Refusal with everything that is wrong with it
 */
export function askDoNotCall(
  open: OpenQueue,
  data: Readonly<Record<string, Parameter | undefined>>,
): Promise<DoNotCallAnswer> {
  const given = Object.entries(data).filter((entry): entry is [string, Parameter] => entry[1] !== undefined);
  return askApi(open, { action: 'do_not_call', data: new Map(given) });
}
