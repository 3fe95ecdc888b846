import type { CheckedSettings } from './checked-settings.ts';
import { type CheckedProject, completeProject } from './complete-project.ts';
import { callBackMistakes } from './missed-call-mistakes.ts';

/** What is wrong among the projects: numbers given twice, and what does not go together within one. */
export function projectMistakes({ settings, nameOf, isWrong }: CheckedSettings): string[] {
  const mistakes: string[] = [];
  const ids = new Set<number>();
  settings.projects?.forEach((project, index) => {
    const path = `projects[${index}]`;
    if (project?.id !== undefined) {
      if (ids.has(project.id)) {
        mistakes.push(`${nameOf(`${path}.id`)}: ${project.id} is the number of another project too`);
      }
      ids.add(project.id);
    }
    if (isWrong(path)) return;
    const { missedCalls, allowedCountries } = completeProject(project as CheckedProject, {
      installationCountry: settings.country,
      written: undefined,
    });
    const allowed = isWrong('country') ? undefined : allowedCountries;
    mistakes.push(...callBackMistakes(missedCalls, nameOf(`${path}.missed_calls`), allowed));
  });
  return mistakes;
}
