import type { FeedOfAMoment } from '../core/call-queue.ts';
import type { FeedView } from './changes-request.ts';

/** The change feed as server-sent events (HTML standard, 9.2), piece by piece. */

/** How long a reader whose stream ended is to wait before it comes again. */
const RETRY_MS = 2000;

/** The first thing in every stream: `retry` comes before there is anything to lose. */
export function beginningOfEvents(): string {
  return `retry: ${RETRY_MS}\n\n`;
}

/**
 * A page of the feed. Each change has its sequence as id, so that a reader that comes again with it in `Last-Event-ID`
 * misses nothing and gets nothing twice. A reset is an event of its own: read all calls again, then go on.
 */
export function eventsOf(page: FeedOfAMoment, { rowOf }: FeedView): string {
  if (page.reset) {
    return `event: reset\nid: ${page.nextSince}\ndata: ${JSON.stringify({ next_since: page.nextSince })}\n\n`;
  }
  // JSON on one line: a line break would end the data.
  return page.entries
    .map((entry) => `id: ${entry.sequence}\ndata: ${JSON.stringify(rowOf(entry, page.moment))}\n\n`)
    .join('');
}

/** Readers pass it over; it shows that the connection lives, and tells people who look what is going on. */
export function commentInEvents(text: string): string {
  return `: ${text}\n\n`;
}
