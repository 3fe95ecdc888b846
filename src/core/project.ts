/** What belongs together: one company, shop or campaign, with its own settings. */
export interface Project {
  id: number;
  name: string;
  /** ISO 3166 country whose national numbers its calls use; undefined: numbers are compared as they are written. */
  country?: string;
}

/** The projects of the settings, by id. */
export type Projects = ReadonlyMap<number, Project>;
