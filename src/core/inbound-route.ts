import { isAllowedNumber, isDialable } from './allowed-number.ts';
import { needsDestination } from './call-life.ts';
import { LONGEST_NAME, LONGEST_NUMBER } from './call-limits.ts';
import type { MissedCall, Reached } from './call-verdict.ts';
import type { RecordMissedCommand, RecordReachedCommand } from './capture-command.ts';
import type { MissedCallSettings, MissTarget } from './miss-target.ts';
import { cleanNumber, normalizeNumber } from './phone-number.ts';

/** A project as the choice of routes needs it. */
export interface RoutedProject {
  id: number;
  /** ISO 3166; undefined: numbers are compared as they are written. */
  country?: string;
  missedCalls: MissedCallSettings;
  /** Countries whose numbers strangers may have dialled; usually its own alone. */
  allowedCountries: readonly string[];
  /** So many missed calls a minute become automatic ones, those above it manual. */
  mostAutoPerMinute: number;
}

/** A number of the house, and whose it is. */
export interface InboundRoute {
  id: number;
  /** The number that is dialled, in any form; null: every number that has no route of its own. */
  did: string | null;
  projectId: number;
  /** Set otherwise than in the project. */
  overrides: Partial<Omit<MissedCallSettings, 'kinds' | 'shortestWaitSeconds'>>;
}

export interface InboundRoutes {
  /** What to record of a missed call; undefined when its project does not count such. */
  recordMissed(miss: MissedCall): RecordMissedCommand | undefined;
  /** Where it counts that somebody was reached: inbound in the project of the number dialled, else in all. */
  recordReached(reached: Reached): RecordReachedCommand;
}

/**
 * Chooses by the number that was dialled. Where no route has it, by the queue (a record of queues does not tell the
 * number): the project, if only one, whose missed calls or routes lead to that queue; else the route without a number;
 * else the first project, as a customer in the wrong project is called back and one in none is lost.
 * @param projects at least one
 */
export function createInboundRoutes(
  routes: readonly InboundRoute[],
  projects: readonly RoutedProject[],
): InboundRoutes {
  const [first] = projects;
  if (first === undefined) throw new RangeError('There is no project that missed calls could belong to');
  const places: Place[] = routes.map((route) => {
    const project = projects.find(({ id }) => id === route.projectId);
    if (project === undefined) throw new RangeError(`Inbound route ${route.id} names project ${route.projectId}`);
    const did = route.did === null ? null : normalizeNumber(route.did, project.country);
    return { route, project, did, bareDid: did === null ? null : bareDigits(did) };
  });

  function choose({ did, queue }: Pick<MissedCall, 'did' | 'queue'>): Place & { isCertain: boolean } {
    const found = did === null ? undefined : byNumber(places, did);
    if (found !== undefined) return { ...found, isCertain: true };
    const guess = byQueue(places, projects, queue) ?? places.find((place) => place.did === null);
    return {
      ...(guess ?? { ...ROUTELESS, project: first as RoutedProject }),
      isCertain: projects.length === 1,
    };
  }

  return {
    recordMissed(miss) {
      const { route, project } = choose(miss);
      const { kinds, shortestWaitSeconds } = project.missedCalls;
      if (!kinds.includes(miss.kind) || miss.waitSeconds < shortestWaitSeconds) return undefined;
      const shown = miss.number && plainText(miss.number);
      const number = shown !== null && [...shown].length <= LONGEST_NUMBER && isDialable(shown) ? shown : null;
      return {
        kind: 'record_missed',
        miss: {
          ...miss,
          number,
          name: miss.name && plainText(miss.name, LONGEST_NAME),
          did: miss.did && plainText(miss.did, LONGEST_NUMBER),
        },
        unlisted: miss.number === null ? 'withheld' : number === null ? 'not_dialable' : null,
        target: targetOf(route, project, number),
      };
    },
    recordReached({ numbers, how, pbx, legId, did, queue, at, isOwnAttempt }) {
      const chosen = how === 'inbound' ? choose({ did, queue }) : undefined;
      const where = chosen?.isCertain ? [chosen.project] : projects;
      return {
        kind: 'record_reached',
        reached: { pbx, legId, how, at, isOwnAttempt },
        among: where.map(({ id, country }) => ({
          projectId: id,
          numbers: [...new Set(numbers.map((number) => normalizeNumber(number, country)))],
        })),
      };
    },
  };
}

interface Place {
  route: InboundRoute | null;
  project: RoutedProject;
  /** As it is compared. */
  did: string | null;
  /** The same by its ending alone. */
  bareDid: string | null;
}

const ROUTELESS = { route: null, did: null, bareDid: null };

/** Fewer common last digits may be chance. */
const COMMON_DIGITS = 6;

/** The same number; else, if only one has it, one whose ending is the other: trunks leave out what is in front. */
function byNumber(places: readonly Place[], did: string): Place | undefined {
  // Once a country, not once a route: with 10,000 routes that makes 1 ms of 57 a call.
  const forms = new Map(places.map(({ project: { country } }) => [country, '']));
  for (const country of forms.keys()) forms.set(country, normalizeNumber(did, country));
  const same = places.find((place) => place.did !== null && place.did === forms.get(place.project.country));
  if (same !== undefined) return same;
  const dialled = bareDigits(did);
  const alike = places.filter(({ bareDid }) => bareDid !== null && isEnding(dialled, bareDid));
  return alike.length === 1 ? alike[0] : undefined;
}

function isEnding(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length >= COMMON_DIGITS && long.endsWith(short);
}

/** Without `+` and zeros in front, which are written in one form and not in the other. */
function bareDigits(number: string): string {
  return cleanNumber(number).replace(/^\+?0*/, '');
}

function byQueue(
  places: readonly Place[],
  projects: readonly RoutedProject[],
  queue: string | null,
): Place | undefined {
  if (queue === null) return undefined;
  const leadsThere = (settings: Partial<MissedCallSettings>) =>
    settings.type === 'queue' && settings.destination === queue;
  const routed = places.filter(({ route }) => route !== null && leadsThere(route.overrides));
  const direct = projects.filter(({ missedCalls }) => leadsThere(missedCalls));
  const owners = new Set([...routed.map(({ project }) => project), ...direct]);
  const [project] = owners;
  if (project === undefined || owners.size > 1) return undefined;
  return routed.length === 1 ? routed[0] : { ...ROUTELESS, project };
}

function targetOf(route: InboundRoute | null, project: RoutedProject, number: string | null): MissTarget {
  const { kinds: _, shortestWaitSeconds: __, ...settings } = { ...project.missedCalls, ...route?.overrides };
  const manualBecause = reasonAgainstAuto(settings, project, number);
  return {
    ...settings,
    outboundType: manualBecause === null ? settings.outboundType : 'manual',
    projectId: project.id,
    inboundRouteId: route?.id ?? null,
    manualBecause,
    mostAutoPerMinute: project.mostAutoPerMinute,
  };
}

/** A missed call is an order by a stranger: only what is sure to be harmless is dialled without anybody looking at it. */
function reasonAgainstAuto(
  settings: Pick<MissedCallSettings, 'outboundType' | 'attendType' | 'type'>,
  { country, allowedCountries }: RoutedProject,
  number: string | null,
): MissTarget['manualBecause'] {
  if (settings.outboundType !== 'auto' || number === null) return null;
  if (!isAllowedNumber(normalizeNumber(number, country), allowedCountries)) return 'number_not_allowed';
  return needsDestination(settings) ? 'destination_missing' : null;
}

/** What a stranger's phone says of itself, as one short line: it is shown to people and may travel back to the PBX. */
function plainText(text: string, longest = Number.POSITIVE_INFINITY): string | null {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
  return line === '' ? null : [...line].slice(0, longest).join('').trim();
}
