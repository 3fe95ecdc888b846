import { InvalidSettingsError } from '../core/errors.ts';
import { parseAmiAddress } from '../pbx/asterisk/ami-address.ts';
import { parseQueueLogTableAddress } from '../pbx/asterisk/queue-log-table-address.ts';
import type { CheckedSettings } from './checked-settings.ts';

/** What is wrong in the group `pbx`. Neither address is quoted, as both may hold a password. */
export function pbxMistakes({ settings, nameOf, isWrong }: CheckedSettings): string[] {
  const { url, queueLog, certificateAuthority } = settings.pbx ?? {};
  const mistakes: string[] = [];
  if (url !== undefined) mistakes.push(...mistakesOf(() => parseAmiAddress(url, nameOf('pbx.url'))));
  if (queueLog !== undefined) mistakes.push(...queueLogMistakes(queueLog, nameOf('pbx.queue_log')));
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

function queueLogMistakes(place: string, name: string): readonly string[] {
  if (/^postgres(ql)?:/i.test(place)) return mistakesOf(() => parseQueueLogTableAddress(place, name));
  const expected = 'expected the path of a file, such as /var/log/asterisk/queue_log';
  if (!place.startsWith('/')) {
    return [`${name}: is neither an absolute path nor begins with postgres://, ${expected}`];
  }
  return place.endsWith('/') || place.includes('\0') ? [`${name}: names no file, ${expected}`] : [];
}

function mistakesOf(parse: () => unknown): readonly string[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.mistakes;
    throw error;
  }
}
