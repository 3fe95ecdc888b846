import type { CallQuery } from '../../../core/call-filter.ts';
import type { RenderedPage } from '../../../core/call-store.ts';
import type { Connection } from '../connection.ts';
import { lastSequence } from '../journal.ts';
import { renderedPage } from '../read-calls.ts';

/** A page as SQL answers it, and the place in the change feed that it shows. */
export interface PlainPage {
  sequence: number;
  page: RenderedPage;
}

/** Within the read transaction of the caller. */
export function plainPage(connection: Connection, query: CallQuery): PlainPage {
  return { sequence: lastSequence(connection), page: renderedPage(connection, query) };
}
