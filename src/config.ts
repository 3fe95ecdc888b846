import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { checkSettings } from './config/check-settings.ts';
import { completeProject } from './config/complete-project.ts';
import { completeRoute } from './config/complete-route.ts';
import { isPostgresAddress } from './config/database-mistake.ts';
import type { Inside } from './config/inside.ts';
import { mistakesTogether } from './config/mistakes-together.ts';
import { readEnvironment } from './config/read-environment.ts';
import { readSettingsFile } from './config/read-settings-file.ts';
import type { WrittenSettings } from './config/schema.ts';
import { SETTINGS, SETTINGS_SCHEMA } from './config/setting-names.ts';
import { InvalidSettingsError } from './core/errors.ts';
import type { InboundRoute } from './core/inbound-route.ts';
import type { ConfiguredProject } from './core/project.ts';

/**
 * The settings in force: those of config/schema.ts, named as the code names things, with defaults filled in.
 * `database` (where it is `sqlite:/…`) and `pbx.certificateAuthority` hold absolute paths; a project without a country of its own has
 * the installation's.
 */
export type Settings = Omit<Inside<WrittenSettings>, 'projects' | 'inboundRoutes'> & {
  readonly projects: readonly ConfiguredProject[];
  readonly inboundRoutes: readonly InboundRoute[];
};

export interface SettingsSources {
  env: Readonly<Record<string, string | undefined>>;
  /** Where `callqueue.yaml` is looked for, and where relative paths begin. */
  cwd: string;
  /** The time zone when no setting names one; default: what the machine says. */
  machineTimezone?: string;
  /** The name of the instance when no setting gives one; default: the machine's host name. */
  machineName?: string;
}

/**
 * Reads the settings: `callqueue.yaml` (or the file that CALLQUEUE_CONFIG names) and CALLQUEUE_* variables, which win.
 *
 * @throws InvalidSettingsError with every mistake at once
 */
export function loadSettings({
  env,
  cwd,
  machineTimezone = machineZone(),
  machineName = hostname(),
}: SettingsSources): Settings {
  const file = readSettingsFile(env, cwd);
  const environment = readEnvironment(env);
  const mistakes = [...file.mistakes, ...environment.mistakes];

  let written: Record<string, unknown> = { timezone: machineTimezone, instance: instanceName(machineName) };
  if (typeof file.content === 'object' && file.content !== null && !Array.isArray(file.content)) {
    const given = Object.entries(file.content).filter(([, value]) => value !== null);
    written = { ...written, ...Object.fromEntries(given) };
  } else if (file.content !== undefined) {
    mistakes.push(`${file.path} holds no settings by name, expected lines such as port: 8080`);
  }
  overlay(written, environment.values);

  const nameOf = (path: string): string => {
    const setting = SETTINGS.find(({ name }) => path === name || path.startsWith(`${name}[`));
    const variable = setting && environment.variables.get(setting.name);
    return setting === undefined || variable === undefined ? path : variable + path.slice(setting.name.length);
  };
  const checked = checkSettings(SETTINGS_SCHEMA, written, nameOf);
  const settings = checked.settings as unknown as Inside<WrittenSettings>;
  mistakes.push(...checked.mistakes, ...mistakesTogether({ settings, written, nameOf, isWrong: checked.isWrong }));
  if (mistakes.length > 0) throw new InvalidSettingsError(mistakes);

  const { certificateAuthority, ...pbx } = settings.pbx;
  const writtenProjects = Array.isArray(written.projects) ? written.projects : [];
  return {
    ...settings,
    database: isPostgresAddress(settings.database)
      ? settings.database
      : `sqlite:${resolve(cwd, settings.database.slice('sqlite:'.length))}`,
    pbx: {
      ...pbx,
      ...(certificateAuthority !== undefined && { certificateAuthority: resolve(cwd, certificateAuthority) }),
    },
    projects: settings.projects.map((project, index) =>
      completeProject(project, { installationCountry: settings.country, written: writtenProjects[index] }),
    ),
    inboundRoutes: settings.inboundRoutes.map(completeRoute),
  };
}

/** The file that `loadSettings` reads; undefined when there is none. */
export function settingsFilePath({ env, cwd }: SettingsSources): string | undefined {
  return readSettingsFile(env, cwd).path;
}

function machineZone(): string {
  const name: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  // What a machine without any zone says, and with one that nobody knows.
  return name === undefined || name === 'Etc/Unknown' ? 'UTC' : name;
}

/** What may stand in a header, a label and a log line. */
function instanceName(machineName: string): string {
  return machineName.replace(/[^\x21-\x7e]/g, '').slice(0, 100) || 'callqueue';
}

function overlay(written: Record<string, unknown>, values: ReadonlyMap<string, unknown>): void {
  for (const { name, path } of SETTINGS) {
    if (!values.has(name)) continue;
    const [first = '', second] = path;
    if (second === undefined) {
      written[first] = values.get(name);
      continue;
    }
    const group = written[first] ?? {};
    // A group that is no map is refused as such, by its name in the file.
    if (typeof group === 'object' && !Array.isArray(group)) written[first] = { ...group, [second]: values.get(name) };
  }
}
