import type { WrittenSettings } from './config/schema.ts';
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
