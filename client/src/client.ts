import type {
  CursorPagination,
  Filters,
  PagePagination,
  ReadParameters,
  Row,
  SuccessEnvelope,
  TimeFormat,
  WithMember,
} from './contract.ts';
import { InvalidAnswerError } from './errors.ts';
import { type ClientOptions, parseOptions, type RequestOptions } from './options.ts';
import { requestBody } from './request-body.ts';
import { sendRepeatable } from './transport.ts';

/** What a read answers: `results` and `pagination` as on the wire. */
export type ReadAnswer<Pagination = PagePagination | CursorPagination> = Pick<
  SuccessEnvelope<Row, Pagination>,
  'results' | 'pagination'
>;

/** What `calls` takes beside filters. */
export interface CallsOptions extends RequestOptions {
  /**
   * Rows fetched with one request, 1 to 1000.
   *
   * @default 1000
   */
  pageSize?: number | undefined;
  /** Members of a row that are answered only when asked for. */
  with?: readonly WithMember[] | undefined;
  /**
   * How times are written in the rows and read in the filters.
   *
   * @default 'local', the server's time zone
   */
  timeFormat?: TimeFormat | undefined;
}

/** A client of one server. It holds no connection and may be used by many callers at once. */
export interface Client {
  /**
   * Reads one page of calls (`action=read`).
   *
   * @throws CallQueueClientError: see errors.ts. TypeError for parameters that cannot be sent.
   */
  read(parameters?: ReadParameters & { cursor?: never }, options?: RequestOptions): Promise<ReadAnswer<PagePagination>>;
  read(
    parameters: ReadParameters & { cursor: string },
    options?: RequestOptions,
  ): Promise<ReadAnswer<CursorPagination>>;
  read(parameters: ReadParameters, options?: RequestOptions): Promise<ReadAnswer>;

  /**
   * All calls that match, page after page, in order of `id`. Read by cursor: calls that are inserted or changed
   * meanwhile neither repeat others nor hide them. Nothing is fetched before the first row is asked for, and
   * nothing stays open when the loop is left early.
   *
   * @throws as `read`, from the loop
   */
  calls(filters?: Filters, options?: CallsOptions): AsyncGenerator<Row, void, undefined>;
}

/**
 * Creates a client. Does not connect.
 *
 * @throws TypeError naming the option that is wrong and what is allowed
 */
export function createClient(options: ClientOptions): Client {
  const settings = parseOptions(options);

  async function read(parameters: ReadParameters, signal: AbortSignal | undefined): Promise<ReadAnswer> {
    const body = requestBody({ action: 'read', ...parameters }, settings.key);
    const envelope = (await sendRepeatable(settings, body, signal)) as SuccessEnvelope<
      Row,
      PagePagination | CursorPagination
    >;
    return { results: envelope.results, pagination: envelope.pagination };
  }

  async function* calls(filters: Filters, options: CallsOptions): AsyncGenerator<Row, void, undefined> {
    let cursor: string | null = '';
    while (cursor !== null) {
      const parameters = {
        filters,
        cursor,
        page_size: options.pageSize ?? 1000,
        with: options.with,
        time_format: options.timeFormat,
      };
      const { results, pagination } = await read(parameters as ReadParameters, options.signal);
      yield* results;
      cursor = nextCursor(settings.url, pagination, cursor);
    }
  }

  return {
    // The overloads say which pagination comes back; the server decides it by `cursor` alone.
    read: ((parameters: ReadParameters = {}, options: RequestOptions = {}) =>
      read(parameters, options.signal)) as Client['read'],
    calls: (filters = {}, options = {}) => calls(filters, options),
  };
}

/** A server that knows no cursors ignores the parameter: without this check page 1 would be read for ever. */
function nextCursor(url: string, pagination: ReadAnswer['pagination'], cursor: string): string | null {
  const next = 'next_cursor' in pagination ? pagination.next_cursor : undefined;
  if (next === null || (typeof next === 'string' && next !== '' && next !== cursor)) return next;
  const facts = { status: 200, requestId: undefined, retryAfterMs: undefined };
  throw new InvalidAnswerError(url, facts, 'pagination.next_cursor is missing or does not move on');
}
