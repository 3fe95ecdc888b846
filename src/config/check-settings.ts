import type { TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { didYouMean } from './nearest-word.ts';
import type { SettingSchema } from './setting-names.ts';

export interface Checked {
  /** The settings in the code's spelling with defaults filled in; to be used only when there are no mistakes. */
  settings: Record<string, unknown>;
  /** One sentence a mistake. */
  mistakes: string[];
  /** Whether the setting with this path, or anything within it, is among the mistakes. */
  isWrong(path: string): boolean;
}

/**
 * Holds written settings against the schema.
 *
 * @param nameOf how a person would find the setting with this path, say `CALLQUEUE_PORT` or `limits.depth`
 */
export function checkSettings(
  schema: SettingSchema,
  written: Record<string, unknown>,
  nameOf: (path: string) => string,
): Checked {
  const mistakes: string[] = [];
  const wrongPaths = new Set<string>();
  const settings = readMap(schema, written, '');
  return { settings, mistakes, isWrong: (path) => wrongPaths.has(path) };

  function refuse(path: string, mistake: string): void {
    mistakes.push(mistake);
    // With everything around it: `projects[0].country` is wrong, so `projects[0]` and `projects` are.
    for (const { index } of path.matchAll(/[.[]|$/g)) wrongPaths.add(path.slice(0, index));
  }

  function read(part: SettingSchema, value: unknown, path: string): unknown {
    if (part.properties !== undefined) {
      if (isMap(value)) return readMap(part, value, path);
    } else if (part.items !== undefined) {
      const { items, minItems = 0, maxItems = Number.POSITIVE_INFINITY } = part;
      if (Array.isArray(value) && value.length >= minItems && value.length <= maxItems) {
        return value.map((item, index) => read(items, item, `${path}[${index}]`));
      }
    } else if (Check(part as TSchema, value)) {
      return value;
    }
    const allowed = part.allowed ?? 'settings by name';
    refuse(
      path,
      `${nameOf(path)}: ${holdsSecret(part) ? 'the value (not shown)' : shown(value)} is wrong, expected ${allowed}`,
    );
    return undefined;
  }

  function readMap(part: SettingSchema, map: Record<string, unknown>, path: string): Record<string, unknown> {
    const properties = part.properties ?? {};
    for (const name of Object.keys(map)) {
      if (!Object.hasOwn(properties, name)) {
        const place = path === '' ? '' : ` in ${nameOf(path)}`;
        refuse(path, `${shown(name)}${place} is no setting of callqueue${didYouMean(name, Object.keys(properties))}`);
      }
    }
    const result: Record<string, unknown> = {};
    for (const [name, child] of Object.entries(properties)) {
      const childPath = path === '' ? name : `${path}.${name}`;
      // A name with nothing behind it is how YAML files leave a setting open.
      const value = Object.hasOwn(map, name) ? (map[name] ?? undefined) : undefined;
      if (value !== undefined || child.properties !== undefined) {
        result[camelCase(name)] = read(child, value ?? {}, childPath);
      } else if (child.defaultText === 'must be given') {
        refuse(childPath, `${nameOf(childPath)} is missing, expected ${child.allowed}`);
      } else if (child.default !== undefined) {
        result[camelCase(name)] = read(child, child.default, childPath);
      }
    }
    return result;
  }
}

const holdsSecret = (part: SettingSchema): boolean =>
  part.secret === true || Object.values(part.properties ?? {}).some(holdsSecret);

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const camelCase = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** A value as a message quotes it: one line, at most 100 characters, without passwords in addresses. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  const safe = text.replace(/:\/\/[^\s"]*@/g, '://…@').replace(/[\u007f-\u009f\u2028\u2029]/g, '\ufffd');
  return safe.length > 100 ? `${safe.slice(0, 100)}…` : safe;
}
