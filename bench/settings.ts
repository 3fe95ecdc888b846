import { isPostgresAddress } from '../src/config/database-mistake.ts';
import { loadSettings, type Settings } from '../src/config.ts';
import { PROJECTS } from './make-calls.ts';

/** The zone of the measured installation: one whose clocks change, as most users have it. */
export const TIME_ZONE = 'Europe/Bucharest';
/** 2026-11-24 12:00:00 UTC: the moment at which the data ends, always the same. */
export const NOW = Date.UTC(2026, 10, 24, 12) / 1000;

/**
 * The settings of the measured installation, as variables; without any that this process happens to have.
 * @param database path of a SQLite file, or address of a PostgreSQL database
 */
export function benchEnvironment(database: string, others: Record<string, string> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('CALLQUEUE_'),
  );
  return {
    ...Object.fromEntries(inherited),
    CALLQUEUE_DATABASE: isPostgresAddress(database) ? database : `sqlite:${database}`,
    CALLQUEUE_HOST: '127.0.0.1',
    CALLQUEUE_PORT: '0',
    CALLQUEUE_TIMEZONE: TIME_ZONE,
    CALLQUEUE_COUNTRY: 'GB',
    CALLQUEUE_PROJECTS: JSON.stringify(Array.from({ length: PROJECTS }, (_, index) => ({ id: index + 1 }))),
    ...others,
  };
}

/** The same settings for a process of the bench that opens the database itself. */
export function benchSettings(database: string): Settings {
  return loadSettings({ env: benchEnvironment(database), cwd: import.meta.dirname });
}

const LOCAL = new Intl.DateTimeFormat('sv-SE', { timeZone: TIME_ZONE, dateStyle: 'short', timeStyle: 'medium' });

/** `Y-m-d H:i:s` in the zone, by the rules that Node has, not those of the server's own calendar. */
export function localTime(instant: number): string {
  return LOCAL.format(instant * 1000);
}
