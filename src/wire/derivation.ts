import type { Derivation } from '../core/call-store.ts';
import { NUMBER_RULES, normalizeNumber } from '../core/phone-number.ts';
import type { Projects } from '../core/project.ts';
import type { TimeZone } from '../core/time-zone.ts';
import { ROW_SHAPE, type RowStyle, rowJson } from './row.ts';

/** What the store keeps ready beside each call: its row by default, and its numbers as they are compared. */
export function createDerivation({ timeZone, projects }: { timeZone: TimeZone; projects: Projects }): Derivation {
  const style: RowStyle = { timeZone, timeFormat: 'local' };
  const normalize = (number: string | null, country: string | undefined) =>
    number === null ? null : normalizeNumber(number, country);

  return {
    version: versionOf(timeZone, projects),
    derive(call) {
      const country = projects.get(call.projectId)?.country;
      return {
        json: rowJson(call, style),
        callerNumber: normalizeNumber(call.callerId, country),
        dnidNumber: normalize(call.dnid, country),
        outboundNumber: normalize(call.outboundNumber, country),
      };
    },
  };
}

/** Everything that `derive` depends on besides the call: the row's shape, zone, clock changes, countries, number rules. */
function versionOf(timeZone: TimeZone, projects: Projects): string {
  const countries = [...projects.values()]
    .filter((project) => project.country !== undefined)
    .sort((a, b) => a.id - b.id)
    .map((project) => `${project.id}=${project.country}`);
  const zoneData = process.versions.tz ?? process.versions.icu ?? '';
  return [`row-${ROW_SHAPE}`, `${timeZone.name}@${zoneData}`, NUMBER_RULES, ...countries].join(' ');
}
