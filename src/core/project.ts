import type { ProjectSetting } from '../../client/src/contract.ts';
import type { RoutedProject } from './inbound-route.ts';

/** What belongs together: one company, shop or campaign, with its own settings. */
export interface Project {
  id: number;
  name: string;
  /** ISO 3166 country whose national numbers its calls use; undefined: numbers are compared as they are written. */
  country?: string;
  /** What is set for it and where that comes from, for people; undefined: name and country, as its own. */
  settings?: readonly ProjectSetting[];
}

/** A project with everything that the settings say of it; plain data, as threads are handed it. */
export interface ConfiguredProject extends Project, RoutedProject {
  country?: string;
}

/** The projects of the settings, by id. */
export type Projects = ReadonlyMap<number, Project>;
