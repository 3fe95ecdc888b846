import type { Derivation } from '../core/call-store.ts';
import { numberReadings } from '../core/do-not-call.ts';
import { NUMBER_RULES, normalizeNumber } from '../core/phone-number.ts';
import type { Projects } from '../core/project.ts';
import type { TimeZone } from '../core/time-zone.ts';
import { ROW_SHAPE, type RowStyle, rowJson } from './row.ts';

/** What the store keeps ready beside each call: its row by default, and its numbers as they are compared. */
export function createDerivation({ timeZone, projects }: { timeZone: TimeZone; projects: Projects }): Derivation {
  const style: RowStyle = { timeZone, timeFormat: 'local' };
  const normalize = rememberNumbers();

  return {
    version: versionOf(timeZone, projects),
    derive(call) {
      const country = projects.get(call.projectId)?.country;
      return {
        json: rowJson(call, style),
        callerNumber: normalize(call.callerId, country),
        dnidNumber: call.dnid === null ? null : normalize(call.dnid, country),
        outboundNumber: call.outboundNumber === null ? null : normalize(call.outboundNumber, country),
      };
    },
    callerNumber: ({ callerId, projectId }) => normalize(callerId, projects.get(projectId)?.country),
    numbersOf: (number, projectId) => numberReadings(number, projectId, projects),
  };
}

/** More than one request may save. */
const NUMBERS_KEPT = 20_000;

/**
 * The library takes 13 µs a number, most of what a call costs before it is stored, and calls share their outbound
 * number, are saved again, change status: numbers met lately are remembered.
 */
function rememberNumbers(): typeof normalizeNumber {
  const known = new Map<string, string>();
  return (number, country) => {
    const name = `${country} ${number}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= NUMBERS_KEPT) known.clear();
    // A copy: what was cut out of a request would keep all of the request in memory.
    const normalized = Buffer.from(normalizeNumber(number, country)).toString();
    known.set(name, normalized);
    return normalized;
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
