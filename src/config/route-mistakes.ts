import type { InboundRoute } from '../core/inbound-route.ts';
import { cleanNumber, normalizeNumber } from '../core/phone-number.ts';
import type { ConfiguredProject } from '../core/project.ts';
import { shown } from './check-settings.ts';
import type { CheckedSettings } from './checked-settings.ts';
import { type CheckedProject, completeProject } from './complete-project.ts';
import { type CheckedRoute, completeRoute } from './complete-route.ts';
import { callBackMistakes } from './missed-call-mistakes.ts';

/** What is wrong among the inbound routes: projects that are not there, numbers given twice, what does not go together. */
export function routeMistakes(checked: CheckedSettings): string[] {
  const { settings, nameOf, isWrong } = checked;
  const projects = projectsById(checked);
  const mistakes: string[] = [];
  const byId = new Map<number, string>();
  const byNumber = new Map<string | null, string>();
  settings.inboundRoutes?.forEach((written, index) => {
    const place = nameOf(`inbound_routes[${index}]`);
    if (written?.id !== undefined) {
      const same = byId.get(written.id);
      if (same !== undefined) mistakes.push(`${place}.id: ${written.id} is the number of ${same} too`);
      byId.set(written.id, place);
    }
    if (written?.project !== undefined && projects !== undefined && !projects.has(written.project)) {
      mistakes.push(`${place}.project: ${written.project} is wrong, expected ${oneOf([...projects.keys()])}`);
    }
    const project = written?.project === undefined ? undefined : projects?.get(written.project);
    if (project === undefined || isWrong(`inbound_routes[${index}]`)) return;
    const route = completeRoute(written as CheckedRoute);
    mistakes.push(...didMistakes(route, place, project, byNumber), ...overrideMistakes(route, place, project));
  });
  return mistakes;
}

/** Undefined when the numbers of some are not known; a project is undefined when something is wrong in it. */
function projectsById({ settings, isWrong }: CheckedSettings): Map<number, ConfiguredProject | undefined> | undefined {
  const projects = new Map<number, ConfiguredProject | undefined>();
  for (const [index, checked] of (settings.projects ?? []).entries()) {
    if (checked?.id === undefined) return undefined;
    const isSure = !isWrong(`projects[${index}]`) && !(isWrong('country') && checked.country === undefined);
    const sources = { installationCountry: settings.country, written: undefined };
    projects.set(checked.id, isSure ? completeProject(checked as CheckedProject, sources) : undefined);
  }
  return projects.size === 0 ? undefined : projects;
}

/** @param taken places by the number they have, as it is compared; this one is added */
function didMistakes(
  { did }: InboundRoute,
  place: string,
  { country }: ConfiguredProject,
  taken: Map<string | null, string>,
): string[] {
  if (did !== null && cleanNumber(did) === '') return [`${place}.did: ${shown(did)} is wrong, expected a number`];
  const number = did === null ? null : normalizeNumber(did, country);
  const same = taken.get(number);
  taken.set(number, place);
  if (same === undefined) return [];
  return did === null
    ? [`${place}.did is missing, as in ${same}: only one route can stand for every number without a route of its own`]
    : [`${place}.did: ${shown(did)} is the number of ${same} too`];
}

/** Only what the route itself makes wrong: what is wrong in its project already is told there. */
function overrideMistakes({ overrides }: InboundRoute, place: string, project: ConfiguredProject): string[] {
  const { type, outboundType } = overrides;
  const merged = { ...project.missedCalls, ...overrides };
  // The name of the project's queue is no name of a user.
  if (type !== undefined && overrides.destination === undefined) merged.destination = null;
  const allowed = outboundType === 'auto' ? project.allowedCountries : undefined;
  const inherited = callBackMistakes(project.missedCalls, place, undefined);
  return callBackMistakes(merged, place, allowed).filter((mistake) => !inherited.includes(mistake));
}

const MOST_SHOWN = 20;

function oneOf(ids: readonly number[]): string {
  const listed = ids.slice(0, MOST_SHOWN).join(', ');
  const others = ids.length > MOST_SHOWN ? ' and so on' : '';
  return ids.length === 1 ? `the only project, ${listed}` : `the number of a project: ${listed}${others}`;
}
