import { InvalidSettingsError } from '../core/errors.ts';
import { parseAmiAddress } from '../pbx/asterisk/ami-address.ts';
import type { CheckedSettings } from './checked-settings.ts';

/** What is wrong in the group `pbx`. Neither address is quoted, as both may hold a password. */
export function pbxMistakes({ settings, nameOf, isWrong }: CheckedSettings): string[] {
  const { url, queueLog, certificateAuthority } = settings.pbx ?? {};
  const mistakes: string[] = [];
  if (url !== undefined) mistakes.push(...addressMistakes(url, nameOf('pbx.url')));
  if (queueLog !== undefined) {
    const mistake = queueLogMistake(queueLog);
    if (mistake !== undefined) mistakes.push(`${nameOf('pbx.queue_log')}: ${mistake}`);
  }
  if (certificateAuthority !== undefined && url !== undefined && /^ami:/i.test(url)) {
    mistakes.push(`${nameOf('pbx.certificate_authority')}: is for amis://, and pbx.url begins with ami://`);
  }
  if (url === undefined && !isWrong('pbx')) {
    const homeless = { 'pbx.queue_log': queueLog, 'pbx.certificate_authority': certificateAuthority };
    for (const [name, value] of Object.entries(homeless)) {
      if (value !== undefined) mistakes.push(`${nameOf(name)}: belongs to the setting pbx.url, which is missing`);
    }
  }
  return mistakes;
}

function addressMistakes(url: string, name: string): readonly string[] {
  try {
    parseAmiAddress(url, name);
    return [];
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.mistakes;
    throw error;
  }
}

/** A table, perhaps with its schema: what can be written into a statement without a doubt. */
const TABLE = /^[A-Za-z0-9_]{1,63}(?:\.[A-Za-z0-9_]{1,63})?$/;

function queueLogMistake(place: string): string | undefined {
  const expected =
    'expected the path of a file, such as /var/log/asterisk/queue_log, or postgres://user:password@host/database?table=queue_log';
  if (place.startsWith('/')) {
    return place.endsWith('/') || place.includes('\0') ? `names no file, ${expected}` : undefined;
  }
  if (!/^postgres(ql)?:/.test(place)) return `is neither an absolute path nor begins with postgres://, ${expected}`;
  const url = URL.parse(place);
  if (url === null || url.hostname === '') {
    return `cannot be read as an address; / ? # @ % in the password are written %2F %3F %23 %40 %25, ${expected}`;
  }
  if (!/^\/[^/]+$/.test(url.pathname)) return `names no database, ${expected}`;
  const table = url.searchParams.get('table');
  if (table === null) return `names no table, ${expected}`;
  if (!TABLE.test(table)) return `names a table with other characters than A-Z a-z 0-9 _, ${expected}`;
  return undefined;
}
