import type { InboundRoute } from '../core/inbound-route.ts';
import { cleanNumber, normalizeNumber } from '../core/phone-number.ts';
import type { ConfiguredProject } from '../core/project.ts';
import { shown } from './check-settings.ts';
import type { CheckedSettings } from './checked-settings.ts';
import { type CheckedProject, completeProject } from './complete-project.ts';
import { type CheckedRoute, completeRoute } from './complete-route.ts';
import { callBackMistakes } from './missed-call-mistakes.ts';

/** What is wrong among the inbound routes: projects that are not there, numbers given twice, what does not go together. */
export function routeMistakes({ settings, nameOf, isWrong }: CheckedSettings): string[] {
  // Which projects there are, and whose national numbers they use, is not known then.
  if (isWrong('projects') || isWrong('country')) return [];
  const projects = new Map<number, ConfiguredProject>();
  for (const checked of settings.projects ?? []) {
    const project = completeProject(checked as CheckedProject, {
      installationCountry: settings.country,
      written: undefined,
    });
    projects.set(project.id, project);
  }
  const mistakes: string[] = [];
  const paths = { byId: new Map<number, string>(), byNumber: new Map<string | null, string>() };
  settings.inboundRoutes?.forEach((checked, index) => {
    const path = `inbound_routes[${index}]`;
    if (isWrong(path)) return;
    const route = completeRoute(checked as CheckedRoute);
    const place = nameOf(path);
    const same = paths.byId.get(route.id);
    if (same !== undefined) mistakes.push(`${place}.id: ${route.id} is the number of ${same} too`);
    paths.byId.set(route.id, place);

    const project = projects.get(route.projectId);
    if (project === undefined) {
      mistakes.push(`${place}.project: ${route.projectId} is wrong, expected ${oneOf([...projects.keys()])}`);
      return;
    }
    mistakes.push(...didMistakes(route, place, project, paths.byNumber), ...overrideMistakes(route, place, project));
  });
  return mistakes;
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
  const allowed = outboundType === 'auto' ? project.allowedCountries : ['any'];
  const inherited = callBackMistakes(project.missedCalls, place, ['any']);
  return callBackMistakes(merged, place, allowed).filter((mistake) => !inherited.includes(mistake));
}

const MOST_SHOWN = 20;

function oneOf(ids: readonly number[]): string {
  const listed = ids.slice(0, MOST_SHOWN).join(', ');
  const others = ids.length > MOST_SHOWN ? ' and so on' : '';
  return ids.length === 1 ? `the only project, ${listed}` : `the number of a project: ${listed}${others}`;
}
