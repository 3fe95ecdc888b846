import { resolve } from 'node:path';
import { checkSettings } from './config/check-settings.ts';
import { readEnvironment } from './config/read-environment.ts';
import { readSettingsFile } from './config/read-settings-file.ts';
import type { WrittenSettings } from './config/schema.ts';
import { SETTINGS, SETTINGS_SCHEMA } from './config/setting-names.ts';
import { InvalidSettingsError } from './core/errors.ts';
import type { Project } from './core/project.ts';

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

type Inside<T> = T extends readonly (infer Item)[]
  ? readonly Inside<Item>[]
  : T extends object
    ? { readonly [Name in keyof T as Name extends string ? CamelCase<Name> : never]: Inside<T[Name]> }
    : T;

/**
 * The settings in force: those of config/schema.ts, named as the code names things, with defaults filled in.
 * `database` holds an absolute path (`sqlite:/…`); a project without a country of its own has the installation's.
 */
export type Settings = Omit<Inside<WrittenSettings>, 'projects'> & { readonly projects: readonly Project[] };

export interface SettingsSources {
  env: Readonly<Record<string, string | undefined>>;
  /** Where `callqueue.yaml` is looked for, and where relative paths begin. */
  cwd: string;
  /** The time zone when no setting names one; default: what the machine says. */
  machineTimezone?: string;
}

/**
 * Reads the settings: `callqueue.yaml` (or the file that CALLQUEUE_CONFIG names) and CALLQUEUE_* variables, which win.
 *
 * @throws InvalidSettingsError with every mistake at once
 */
export function loadSettings({ env, cwd, machineTimezone = machineZone() }: SettingsSources): Settings {
  const file = readSettingsFile(env, cwd);
  const environment = readEnvironment(env);
  const mistakes = [...file.mistakes, ...environment.mistakes];

  let written: Record<string, unknown> = { timezone: machineTimezone };
  if (typeof file.content === 'object' && file.content !== null && !Array.isArray(file.content)) {
    const given = Object.entries(file.content).filter(([, value]) => value !== null);
    written = { ...written, ...Object.fromEntries(given) };
  } else if (file.content !== undefined) {
    mistakes.push(`${file.path} holds no settings by name, expected lines such as port: 8080`);
  }
  overlay(written, environment.values);

  const nameOf = (path: string): string => {
    const setting = SETTINGS.find(({ name }) => path === name || path.startsWith(`${name}[`));
    if (setting === undefined || !environment.values.has(setting.name)) return path;
    return setting.variable + path.slice(setting.name.length);
  };
  const checked = checkSettings(SETTINGS_SCHEMA, written, nameOf);
  const settings = checked.settings as unknown as Settings;
  mistakes.push(...checked.mistakes, ...mistakesTogether(settings, written, nameOf));
  if (mistakes.length > 0) throw new InvalidSettingsError(mistakes);
  return {
    ...settings,
    database: `sqlite:${resolve(cwd, sqlitePath(settings.database))}`,
    projects: settings.projects.map((project) => completeProject(project, settings.country)),
  };
}

/** The file that `loadSettings` reads; undefined when there is none. */
export function settingsFilePath({ env, cwd }: SettingsSources): string | undefined {
  return readSettingsFile(env, cwd).path;
}

const sqlitePath = (database: string) => database.slice('sqlite:'.length);

function machineZone(): string {
  const name: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  // What a machine without any zone says, and with one that nobody knows.
  return name === undefined || name === 'Etc/Unknown' ? 'UTC' : name;
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

/** What no setting can know by itself. Settings that are wrong by themselves are undefined here. */
function mistakesTogether(
  settings: Partial<Settings>,
  written: Readonly<Record<string, unknown>>,
  nameOf: (path: string) => string,
): string[] {
  const mistakes: string[] = [];
  if (settings.database !== undefined) {
    const mistake = databaseMistake(settings.database);
    if (mistake !== undefined) mistakes.push(`${nameOf('database')}: ${mistake}`);
  }
  if (settings.key !== undefined && written.token === undefined) {
    mistakes.push(`${nameOf('key')}: belongs to the setting token, which is missing`);
  }
  const ids = new Set<number>();
  settings.projects?.forEach((project, index) => {
    if (project?.id === undefined) return;
    if (ids.has(project.id)) {
      mistakes.push(`${nameOf(`projects[${index}].id`)}: ${project.id} is the number of another project too`);
    }
    ids.add(project.id);
  });
  return mistakes;
}

/** The value is not quoted: an address of a database may hold a password. */
function databaseMistake(database: string): string | undefined {
  const expected = 'expected sqlite: and the path of a file, such as sqlite:./data/callqueue.db';
  if (/^postgres(ql)?:/.test(database)) return `PostgreSQL is not supported yet, ${expected}`;
  if (!database.startsWith('sqlite:')) return `starts with none of the known kinds of database, ${expected}`;
  const path = sqlitePath(database);
  if (path === '' || path.endsWith('/')) return `names no file, ${expected}`;
  if (path === ':memory:') return `a database in memory is lost with the process, ${expected}`;
  if (/^\/\/[^/]/.test(path)) return `two slashes would name a machine; write one or three, ${expected}`;
  if (path.includes('\0')) return `holds a NUL character, ${expected}`;
  return undefined;
}

function completeProject(project: Partial<Project> & { id: number }, fallback: string | undefined): Project {
  const country = project.country ?? fallback;
  const origins = {
    name: project.name === undefined ? 'default' : 'project',
    country: project.country !== undefined ? 'project' : fallback !== undefined ? 'installation' : 'default',
  } as const;
  return {
    id: project.id,
    name: project.name ?? `Project ${project.id}`,
    ...(country !== undefined && { country }),
    origins,
  };
}
