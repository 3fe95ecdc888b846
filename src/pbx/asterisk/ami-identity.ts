import type { EpochSeconds } from '../../core/clock.ts';
import { AmiRefusedError } from './ami-errors.ts';
import type { AmiMessage } from './ami-message.ts';
import type { AmiSession } from './ami-session.ts';

/** Which PBX it is, and which run of it: channel names and unique ids begin anew with each. */
export interface AmiIdentity {
  /** First line of the connection: the version of the protocol. */
  banner: string;
  /** Version of Asterisk; undefined when the user lacks the right `reporting`. */
  version: string | undefined;
  /** `systemname` of asterisk.conf; empty when not set. */
  systemName: string;
  /** When it started, by its own clock in its own zone, `2026-11-23 20:39:01`; undefined without the right `reporting`. */
  startedAtLocal: string | undefined;
  /** When it started, by our clock and its uptime: up to two seconds off. */
  startedAt: EpochSeconds;
}

/** Asks who the PBX is. `booted` is its event FullyBooted, received `now`. A right that is missing leaves members out. */
export async function readIdentity(
  session: AmiSession,
  banner: string,
  { booted, now }: { booted: AmiMessage; now: EpochSeconds },
): Promise<AmiIdentity> {
  const [settings, status] = await Promise.all([ask(session, 'CoreSettings'), ask(session, 'CoreStatus')]);
  const date = status?.get('CoreStartupDate');
  const time = status?.get('CoreStartupTime');
  const uptime = Number(booted.get('Uptime'));
  return {
    banner,
    version: settings?.get('AsteriskVersion'),
    systemName: settings?.get('SystemName') ?? '',
    startedAtLocal: date === undefined || time === undefined ? undefined : `${date} ${time}`,
    startedAt: now - (Number.isSafeInteger(uptime) && uptime >= 0 ? uptime : 0),
  };
}

async function ask(session: AmiSession, action: string): Promise<AmiMessage | undefined> {
  try {
    return await session.request(action);
  } catch (error) {
    if (error instanceof AmiRefusedError) return undefined;
    throw error;
  }
}
