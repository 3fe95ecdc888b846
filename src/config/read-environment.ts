import { parse } from 'yaml';
import { nearestWord } from './nearest-word.ts';
import { CONFIG_VARIABLE, SETTINGS, type SettingSchema } from './setting-names.ts';

export interface EnvironmentSettings {
  /** Values by the name of the setting (`limits.body_bytes`); one that cannot be read stays a text for the check to refuse. */
  values: Map<string, unknown>;
  /** The variables that gave them, by the name of the setting. */
  variables: Map<string, string>;
  mistakes: string[];
}

/**
 * The settings that the environment gives. An empty variable counts as absent: compose files and unit files often pass
 * variables on that nobody has set.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): EnvironmentSettings {
  const values = new Map<string, unknown>();
  const variables = new Map<string, string>();
  const mistakes: string[] = [];
  for (const { name, variable, shortVariable, schema } of SETTINGS) {
    for (const each of [variable, shortVariable]) {
      const text = each === undefined ? undefined : env[each];
      if (each === undefined || text === undefined || text === '') continue;
      if (values.has(name)) mistakes.push(`${each}: ${variable} is set too, and means the same; remove one of them`);
      values.set(name, fromText(text, schema));
      variables.set(name, each);
    }
  }
  return { values, variables, mistakes: [...mistakes, ...unknownVariables(env)] };
}

function fromText(text: string, schema: SettingSchema): unknown {
  switch (schema.type) {
    case 'integer':
      return /^-?\d{1,16}$/.test(text) ? Number(text) : text;
    case 'boolean':
      return { true: true, '1': true, false: false, '0': false }[text] ?? text;
    case 'array':
      return schema.items?.type === 'string' ? text.split(',').map((item) => item.trim()) : fromYaml(text);
    default:
      return text;
  }
}

/** Lists of settings are written as in the file, on one line; JSON is YAML too. */
function fromYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

const KNOWN = [
  CONFIG_VARIABLE,
  ...SETTINGS.flatMap(({ variable, shortVariable }) => (shortVariable ? [variable, shortVariable] : [variable])),
];

/** Compares without the beginning that all have in common, which would make any two names look alike. */
function suggestion(variable: string): string {
  const bare = (name: string) => name.slice('CALLQUEUE_'.length);
  const nearest = nearestWord(bare(variable), KNOWN.map(bare));
  return nearest === undefined ? '' : ` (did you mean CALLQUEUE_${nearest}?)`;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set(KNOWN);
  return Object.keys(env)
    .filter((variable) => variable.startsWith('CALLQUEUE_') && !known.has(variable))
    .map((variable) => {
      // Kubernetes tells every container about a service named callqueue in variables of just these names.
      const fromKubernetes = /^CALLQUEUE_(PORT_\d+_|SERVICE_)/.test(variable);
      const hint = fromKubernetes
        ? '; Kubernetes sets it for a service named callqueue: put enableServiceLinks: false into the pod'
        : suggestion(variable);
      return `${variable} is no setting of callqueue${hint}`;
    });
}
