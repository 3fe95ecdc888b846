import { parse } from 'yaml';
import { nearestWord } from './nearest-word.ts';
import { CONFIG_VARIABLE, SETTINGS, type SettingSchema } from './setting-names.ts';

export interface EnvironmentSettings {
  /** Values by the name of the setting (`limits.body_bytes`); one that cannot be read stays a text for the check to refuse. */
  values: Map<string, unknown>;
  mistakes: string[];
}

/**
 * The settings that the environment gives. An empty variable counts as absent: compose files and unit files often pass
 * variables on that nobody has set.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): EnvironmentSettings {
  const values = new Map<string, unknown>();
  for (const { name, variable, schema } of SETTINGS) {
    const text = env[variable];
    if (text !== undefined && text !== '') values.set(name, fromText(text, schema));
  }
  return { values, mistakes: unknownVariables(env) };
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

/** Compares without the beginning that all have in common, which would make any two names look alike. */
function suggestion(variable: string): string {
  const bare = (name: string) => name.slice('CALLQUEUE_'.length);
  const nearest = nearestWord(bare(variable), [CONFIG_VARIABLE, ...SETTINGS.map(({ variable }) => variable)].map(bare));
  return nearest === undefined ? '' : ` (did you mean CALLQUEUE_${nearest}?)`;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set([CONFIG_VARIABLE, ...SETTINGS.map(({ variable }) => variable)]);
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
