import type { SettingOrigin } from '../../client/src/contract.ts';

/** What belongs together: one company, shop or campaign, with its own settings. */
export interface Project {
  id: number;
  name: string;
  /** ISO 3166 country whose national numbers its calls use; undefined: numbers are compared as they are written. */
  country?: string;
  /** Where each of its settings comes from, for people. */
  origins?: Readonly<Record<'name' | 'country', SettingOrigin>>;
}

/** The projects of the settings, by id. */
export type Projects = ReadonlyMap<number, Project>;
