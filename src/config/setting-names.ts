import { settingsSchema } from './schema.ts';
import type { SettingFacts } from './setting-types.ts';

/** A setting that can be given by itself, in the file or as a variable. */
export interface Setting {
  /** As in the file: `limits.body_bytes`. */
  name: string;
  path: readonly string[];
  /** As in the environment: `CALLQUEUE_LIMITS_BODY_BYTES`. */
  variable: string;
  /** Another name of it there. */
  shortVariable: string | undefined;
  schema: SettingSchema;
}

/** What the code here looks at in a schema of TypeBox. */
export interface SettingSchema extends Partial<SettingFacts> {
  type?: string;
  default?: unknown;
  unit?: string;
  properties?: Record<string, SettingSchema>;
  items?: SettingSchema;
  minItems?: number;
  maxItems?: number;
}

/** Names the settings file; no setting itself, because the file cannot name itself. */
export const CONFIG_VARIABLE = 'CALLQUEUE_CONFIG';

export const SETTINGS_SCHEMA = settingsSchema as unknown as SettingSchema;

export const SETTINGS: readonly Setting[] = collect(SETTINGS_SCHEMA, []);

function collect(schema: SettingSchema, path: readonly string[]): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const childPath = [...path, name];
    if (child.properties !== undefined) return collect(child, childPath);
    const variable = `CALLQUEUE_${childPath.join('_').toUpperCase()}`;
    return [
      { name: childPath.join('.'), path: childPath, variable, shortVariable: child.shortVariable, schema: child },
    ];
  });
}
