import type { Project, Projects } from '../core/project.ts';
import type { Credential } from './credential.ts';

/** The projects of the settings that a token may use, by id. */
export function visibleProjects({ projectIds }: Pick<Credential, 'projectIds'>, projects: Projects): Project[] {
  const visible = [...projects.values()].filter(({ id }) => projectIds === null || projectIds.includes(id));
  return visible.sort((a, b) => a.id - b.id);
}
