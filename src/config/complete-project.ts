import type { ProjectSetting } from '../../client/src/contract.ts';
import type { ConfiguredProject } from '../core/project.ts';
import type { Inside } from './inside.ts';
import type { WrittenSettings } from './schema.ts';

/** A project as the check leaves it: defaults filled in, named as the code names things. */
export type CheckedProject = Inside<WrittenSettings>['projects'][number];

export interface ProjectSources {
  /** The setting `country`. */
  installationCountry: string | undefined;
  /** The project as the file or the variable has it. */
  written: unknown;
}

/** The project with what it takes from other settings, and a list for people of where everything comes from. */
export function completeProject(
  checked: CheckedProject,
  { installationCountry, written }: ProjectSources,
): ConfiguredProject {
  const { id, missedCalls } = checked;
  const country = checked.country ?? installationCountry;
  const project: Omit<ConfiguredProject, 'settings'> = {
    id,
    name: checked.name ?? `Project ${id}`,
    ...(country !== undefined && { country }),
    allowedCountries: checked.allowedCountries ?? (country === undefined ? [] : [country]),
    missedCalls: {
      kinds: [...new Set(missedCalls.kinds)],
      shortestWaitSeconds: missedCalls.shortestWaitSeconds,
      type: missedCalls.type ?? null,
      destination: missedCalls.destination ?? null,
      outboundType: missedCalls.outboundType,
      attendType: missedCalls.attendType,
      priority: missedCalls.priority,
      maxRetries: missedCalls.maxRetries,
      outboundNumber: missedCalls.outboundNumber ?? null,
      scheduleAfterSeconds: missedCalls.scheduleAfter ?? null,
    },
    mostAutoPerMinute: missedCalls.autoPerMinute,
  };
  return { ...project, settings: settingsOf(project, { installationCountry, written }) };
}

function settingsOf(
  { name, country, allowedCountries, missedCalls, mostAutoPerMinute }: Omit<ConfiguredProject, 'settings'>,
  { installationCountry, written }: ProjectSources,
): ProjectSetting[] {
  const set = asMap(written);
  const group = asMap(set.missed_calls);
  const originOf = (value: unknown) => (value === undefined || value === null ? 'default' : 'project');
  const countryOrigin =
    originOf(set.country) === 'default' && installationCountry !== undefined ? 'installation' : originOf(set.country);
  const ofMissedCalls = {
    kinds: [...missedCalls.kinds],
    shortest_wait_seconds: missedCalls.shortestWaitSeconds,
    outbound_type: missedCalls.outboundType,
    attend_type: missedCalls.attendType,
    type: missedCalls.type,
    destination: missedCalls.destination,
    priority: missedCalls.priority,
    max_retries: missedCalls.maxRetries,
    outbound_number: missedCalls.outboundNumber,
    schedule_after: missedCalls.scheduleAfterSeconds,
    auto_per_minute: mostAutoPerMinute,
  } satisfies Record<keyof WrittenSettings['projects'][number]['missed_calls'], ProjectSetting['value']>;
  return [
    { name: 'name', value: name, origin: originOf(set.name) },
    { name: 'country', value: country ?? null, origin: countryOrigin },
    {
      name: 'allowed_countries',
      value: [...allowedCountries],
      origin: originOf(set.allowed_countries) === 'default' ? countryOrigin : 'project',
    },
    ...Object.entries(ofMissedCalls).map(
      ([member, value]): ProjectSetting => ({ name: `missed_calls.${member}`, value, origin: originOf(group[member]) }),
    ),
  ];
}

function asMap(written: unknown): Readonly<Record<string, unknown>> {
  return typeof written === 'object' && written !== null ? (written as Record<string, unknown>) : {};
}
