import { randomBytes } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { EpochSeconds } from '../../core/clock.ts';
import type { AmiAddress } from './ami-address.ts';
import { AmiRefusedError, AmiUnansweredError } from './ami-errors.ts';
import { readIdentity } from './ami-identity.ts';
import { checkBanner, logIn } from './ami-login.ts';
import { type AmiMessage, createAmiMessage } from './ami-message.ts';
import { type AmiRights, readRights } from './ami-rights.ts';
import { AmiSession } from './ami-session.ts';
import { systemTimers } from './ami-timers.ts';

export interface AsteriskQuestion {
  address: AmiAddress;
  inboundContexts: readonly string[];
  tls?: Pick<ConnectionOptions, 'ca'> | undefined;
  /** For all of it; default 10 s. */
  limitMs?: number;
  /** From the login to FullyBooted; default 3 s. */
  bootLimitMs?: number;
  /** Seconds since the epoch, with fractions; default: the machine's. */
  clock?: { now(): number };
}

/** How far one came, and what was said there. */
export interface AsteriskFailure {
  failedAt: 'connecting' | 'greeting' | 'login' | 'questions';
  reason: string;
  /** Of an error of the network, such as ECONNREFUSED. */
  code: string | undefined;
  /** The address that the PBX sees us come from. */
  localAddress: string | undefined;
}

export interface AsteriskFacts {
  failedAt: undefined;
  /** FullyBooted came: the PBX is ready, and the user has the right to hear of it. */
  isBooted: boolean;
  /** Undefined without the right `reporting`. */
  version: string | undefined;
  systemName: string;
  /** By our clock, up to two seconds off; undefined when it did not tell. */
  startedAt: EpochSeconds | undefined;
  /** How far its clock is ahead of ours, in seconds; undefined when it did not tell. */
  clockAheadSeconds: number | undefined;
  /** Undefined when it did not tell. */
  rights: AmiRights | undefined;
  /** Channels that are up; undefined: the list is refused. */
  channels: number | undefined;
  queues: number;
  /** Whether each context of the question is in the dialplan; undefined when it did not tell. */
  contexts: ReadonlyMap<string, boolean | undefined>;
}

/**
 * Logs in to a manager port over a connection of its own, asks what can be asked without changing anything, and logs off.
 * Never throws for what the PBX does.
 */
export async function examineAsterisk(question: AsteriskQuestion): Promise<AsteriskFacts | AsteriskFailure> {
  const { address, tls, limitMs = 10_000 } = question;
  const { host, port, isEncrypted } = address;
  const socket = isEncrypted ? connectTls({ host, port, ...tls }) : connectTcp({ host, port });
  let code: string | undefined;
  socket.once('error', (error: NodeJS.ErrnoException) => {
    code = error instanceof AggregateError ? error.errors[0]?.code : error.code;
  });
  let localAddress: string | undefined;
  socket.once('connect', () => {
    localAddress = socket.localAddress?.replace(/^::ffff:/, '');
  });
  const booted = Promise.withResolvers<AmiMessage | undefined>();
  const run = randomBytes(6).toString('hex');
  let lastId = 0;
  let ended = '';
  const session = new AmiSession({
    socket,
    timers: systemTimers,
    newActionId: () => `doctor-${run}-${++lastId}`,
    onRead: () => {},
    onEvent: (message) => {
      if (message.event === 'FullyBooted') booted.resolve(message);
    },
    onEnd: (reason) => {
      ended = reason;
      booted.resolve(undefined);
    },
  });
  const cancel = systemTimers.after(limitMs, () => session.end(`no answer within ${limitMs / 1000} s`));
  let failedAt: AsteriskFailure['failedAt'] = 'connecting';
  socket.once(isEncrypted ? 'secureConnect' : 'connect', () => {
    failedAt = 'greeting';
  });
  try {
    const banner = await session.banner;
    checkBanner(banner);
    failedAt = 'login';
    await logIn(session, address);
    failedAt = 'questions';
    return await ask(session, { ...question, banner, booted: booted.promise });
  } catch (error) {
    // What ended the connection says more than that a question was not answered.
    const reason = error instanceof AmiUnansweredError && ended !== '' ? ended : (error as Error).message;
    return { failedAt, reason, code, localAddress };
  } finally {
    cancel();
    session.leave();
  }
}

async function ask(
  session: AmiSession,
  question: AsteriskQuestion & { banner: string; booted: Promise<AmiMessage | undefined> },
): Promise<AsteriskFacts> {
  const { inboundContexts, bootLimitMs = 3_000, clock = { now: () => Date.now() / 1000 } } = question;
  const booted = await within(bootLimitMs, question.booted);
  const identity = await readIdentity(session, question.banner, {
    booted: booted ?? createAmiMessage('', 0),
    now: Math.floor(clock.now()),
  });
  const channels = await list(session, 'CoreShowChannels');
  const queues = await list(session, 'QueueStatus');
  const contexts = new Map<string, boolean | undefined>();
  for (const context of inboundContexts) contexts.set(context, await hasContext(session, context));
  return {
    failedAt: undefined,
    isBooted: booted !== undefined,
    version: identity.version,
    systemName: identity.systemName,
    startedAt: booted?.get('Uptime') === undefined ? undefined : identity.startedAt,
    clockAheadSeconds: await clockAhead(session, clock),
    rights: await readRights(session),
    channels: 'refusal' in channels ? undefined : channels.items.length,
    queues: 'refusal' in queues ? 0 : queues.items.filter(({ event }) => event === 'QueueParams').length,
    contexts,
  };
}

/** By the time in the middle between question and answer. */
async function clockAhead(session: AmiSession, clock: { now(): number }): Promise<number | undefined> {
  const askedAt = clock.now();
  const stamp = Number((await session.request('Ping')).get('Timestamp') ?? Number.NaN);
  return stamp > 0 ? stamp - (askedAt + clock.now()) / 2 : undefined;
}

/** ShowDialPlan with a context lists that one alone, and is refused when there is none of the name. */
async function hasContext(session: AmiSession, context: string): Promise<boolean | undefined> {
  const dialplan = await list(session, 'ShowDialPlan', context);
  if (!('refusal' in dialplan)) return true;
  return /did not find context/i.test(dialplan.refusal) ? false : undefined;
}

async function list(
  session: AmiSession,
  action: string,
  context?: string,
): Promise<{ items: AmiMessage[] } | { refusal: string }> {
  return await new Promise((resolve, reject) => {
    session.list(action, context === undefined ? [] : [['Context', context]], (result) => {
      if ('value' in result) resolve({ items: result.value });
      else if (result.error instanceof AmiRefusedError) resolve({ refusal: result.error.answer });
      else reject(result.error);
    });
  });
}

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const cancel = systemTimers.after(limitMs, () => resolve(undefined));
  const value = await Promise.race([promise, late]);
  cancel();
  return value;
}
