import { type ChangesOptions, readChanges } from './change-feed.ts';
import type {
  Action,
  ActionResults,
  CancelParameters,
  ChangeRow,
  ClaimParameters,
  CompleteParameters,
  CursorPagination,
  DeleteParameters,
  DoNotCallData,
  DoNotCallRow,
  ExtendParameters,
  Filters,
  HistoryRow,
  LiveRow,
  MeRow,
  NoteParameters,
  PagePagination,
  ProjectRow,
  ReadParameters,
  ReleaseParameters,
  Row,
  SaveData,
  SavedCallRow,
  StatsRow,
  SuccessEnvelope,
  SystemRow,
  UpdateParameters,
} from './contract.ts';
import { InvalidAnswerError } from './errors.ts';
import { createIdempotencyKey } from './idempotency-key.ts';
import {
  type ChangingOptions,
  type ClientOptions,
  parseIdempotencyKey,
  parseOptions,
  type RequestOptions,
  type RowOptions,
  type SaveOptions,
} from './options.ts';
import { requestBody } from './request-body.ts';
import { type Sending, sendRequest } from './transport.ts';

/** What a read answers: `results` and `pagination` as on the wire. */
export type ReadAnswer<Pagination = PagePagination | CursorPagination> = Pick<
  SuccessEnvelope<Row, Pagination>,
  'results' | 'pagination'
>;

/** What `calls` takes beside filters. */
export interface CallsOptions extends RowOptions {
  /**
   * Rows fetched with one request, 1 to 1000.
   *
   * @default 1000
   */
  pageSize?: number | undefined;
}

/**
 * A client of one server. It holds no connection and may be used by many callers at once.
 *
 * Every method throws CallQueueClientError, see errors.ts; and TypeError for parameters that cannot be sent. What stands
 * in `data` is as on the wire. Methods that change calls do all or nothing.
 */
export interface Client {
  /** Reads one page of calls (`action=read`). */
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

  /**
   * The calls that changed after `since`, each as it is now, in order of change, without end unless `follow` is false.
   * Keep the `sequence` of the last one that you have dealt with, and begin there the next time: nothing is missed.
   *
   * @throws FeedResetError when what came after `since` is not known any more; else as `read`; from the loop
   */
  changes(options?: ChangesOptions): AsyncGenerator<ChangeRow, void, undefined>;

  /** Puts calls into the list. Answers what became of each, in their order. */
  save(data: SaveData, options?: SaveOptions): Promise<SavedCallRow[]>;

  /**
   * Changes fields of pending calls.
   *
   * @throws ConflictError with the `calls` that were changed since `expected_updated_at`
   */
  update(data: UpdateParameters['data'], options?: ChangingOptions): Promise<Row[]>;

  /** Takes calls out of the list. */
  cancel(data: CancelParameters['data'], options?: ChangingOptions): Promise<Row[]>;

  /** Hides calls from the dialler; they can still be read. */
  delete(data: DeleteParameters['data'], options?: ChangingOptions): Promise<Row[]>;

  /**
   * An agent takes the best due call, or a certain one. Without `id` the request is sent once, unless an idempotency key
   * is passed: had its answer been lost, a second one could take a second call.
   *
   * @returns undefined when no call is due
   * @throws ConflictError `held` when another agent has the call
   */
  claim(data: ClaimParameters['data'] & { id: number }, options?: ChangingOptions): Promise<Row>;
  claim(data?: ClaimParameters['data'], options?: ChangingOptions): Promise<Row | undefined>;

  /** Keeps a claimed call longer. */
  extend(data: ExtendParameters['data'], options?: ChangingOptions): Promise<Row>;

  /** Gives a claimed call back. */
  release(data: ReleaseParameters['data'], options?: ChangingOptions): Promise<Row>;

  /** Closes a claimed call, or plans the next attempt. */
  complete(data: CompleteParameters['data'], options?: ChangingOptions): Promise<Row>;

  /** Adds to the history of a call. */
  note(data: NoteParameters['data'], options?: ChangingOptions): Promise<Row>;

  /** Everything that happened to a call, oldest first. */
  history(id: number, options?: Omit<RowOptions, 'with'>): Promise<HistoryRow[]>;

  /** Counts over all calls that match. */
  stats(filters?: Filters, options?: Omit<RowOptions, 'with'>): Promise<StatsRow>;

  /** What the token is and may, and the server's time zone. */
  me(options?: RequestOptions): Promise<MeRow>;

  /** The projects that the token may use, and their settings. */
  projects(options?: RequestOptions): Promise<ProjectRow[]>;

  /**
   * Who is not to be called: `add` numbers, `remove` them, or `list` a page of the entries, newest first. Answers the
   * entries; of a change one for each number, in their order.
   */
  doNotCall(data: DoNotCallData, options?: Omit<ChangingOptions, 'with'>): Promise<DoNotCallRow[]>;

  /** What goes on at this moment: waiting callers, agents with calls, missed calls that nobody can be called back for. */
  live(options?: Omit<RowOptions, 'with'>): Promise<LiveRow>;

  /** How the service is: PBX, gaps, instances, backup, checks. Needs scope `admin` and all projects. */
  system(options?: Omit<RowOptions, 'with'>): Promise<SystemRow>;
}

/**
 * Creates a client. Does not connect.
 *
 * @throws TypeError naming the option that is wrong and what is allowed
 */
export function createClient(options: ClientOptions): Client {
  const settings = parseOptions(options);

  async function send(action: Action, parameters: object, sending: Sending): Promise<SuccessEnvelope<unknown>> {
    return sendRequest(settings, requestBody({ action, ...parameters }, settings.key), sending);
  }

  async function read(parameters: ReadParameters, signal: AbortSignal | undefined): Promise<ReadAnswer> {
    const envelope = await send('read', parameters, { signal, isRepeatable: true });
    const { results, pagination } = envelope as SuccessEnvelope<Row, PagePagination | CursorPagination>;
    return { results, pagination };
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

  /** Asks for something that leaves everything as it is. */
  async function ask<A extends Action>(
    action: A,
    parameters: object,
    { signal, timeFormat }: RowOptions,
  ): Promise<ActionResults[A][]> {
    const sent = { ...parameters, time_format: timeFormat };
    return (await send(action, sent, { signal, isRepeatable: true })).results as ActionResults[A][];
  }

  /**
   * Changes calls. `again` says what makes a second try safe: a `key`; or that the same twice is as good as once
   * (`always`); or nothing (`never`), unless the caller passes a key.
   */
  async function change<A extends Action>(
    action: A,
    parameters: object,
    options: ChangingOptions,
    again: 'key' | 'always' | 'never' = 'key',
  ): Promise<ActionResults[A][]> {
    const given = parseIdempotencyKey(options.idempotencyKey);
    const idempotencyKey = given ?? (again === 'key' && settings.retries > 0 ? createIdempotencyKey() : undefined);
    const isRepeatable = idempotencyKey !== undefined || again === 'always';
    const sent = { ...parameters, with: options.with, time_format: options.timeFormat };
    const envelope = await send(action, sent, { signal: options.signal, idempotencyKey, isRepeatable });
    return envelope.results as ActionResults[A][];
  }

  /** The answer of an action that answers exactly one. */
  function one<Result>([result]: readonly Result[]): Result {
    if (result !== undefined) return result;
    throw new InvalidAnswerError(settings.url, SUCCESS, 'results is empty');
  }

  return {
    // The overloads say which pagination comes back; the server decides it by `cursor` alone.
    read: ((parameters: ReadParameters = {}, options: RequestOptions = {}) =>
      read(parameters, options.signal)) as Client['read'],
    calls: (filters = {}, options = {}) => calls(filters, options),
    changes: (options = {}) => readChanges(settings, options),
    save: (data, { dryRun, ...options } = {}) =>
      // In a dry run nothing is stored, and so nothing could be done twice.
      change('save', { data, dry_run: dryRun }, options, dryRun === true ? 'always' : 'key'),
    update: (data, options = {}) => change('update', { data }, options),
    cancel: (data, options = {}) => change('cancel', { data }, options),
    delete: (data, options = {}) => change('delete', { data }, options),
    claim: (async (data: ClaimParameters['data'] = {}, options: ChangingOptions = {}) => {
      // Claiming a call that one holds renews the lease.
      const isCertain = data.id !== undefined && data.id !== null;
      const claimed = await change('claim', { data }, options, isCertain ? 'always' : 'never');
      return isCertain ? one(claimed) : claimed[0];
    }) as Client['claim'],
    extend: async (data, options = {}) => one(await change('extend', { data }, options, 'always')),
    release: async (data, options = {}) => one(await change('release', { data }, options)),
    complete: async (data, options = {}) => one(await change('complete', { data }, options)),
    note: async (data, options = {}) => one(await change('note', { data }, options)),
    history: (id, options = {}) => ask('history', { data: { id } }, options),
    stats: async (filters = {}, options = {}) => one(await ask('stats', { data: { filters } }, options)),
    me: async (options = {}) => one(await ask('me', {}, options)),
    projects: (options = {}) => ask('projects', {}, options),
    doNotCall: (data, options = {}) => change('do_not_call', { data }, options, 'list' in data ? 'always' : 'key'),
    live: async (options = {}) => one(await ask('live', {}, options)),
    system: async (options = {}) => one(await ask('system', {}, options)),
  };
}

const SUCCESS = { status: 200, requestId: undefined, retryAfterMs: undefined };

/** A server that knows no cursors ignores the parameter: without this check page 1 would be read for ever. */
function nextCursor(url: string, pagination: ReadAnswer['pagination'], cursor: string): string | null {
  const next = 'next_cursor' in pagination ? pagination.next_cursor : undefined;
  if (next === null || (typeof next === 'string' && next !== '' && next !== cursor)) return next;
  throw new InvalidAnswerError(url, SUCCESS, 'pagination.next_cursor is missing or does not move on');
}
