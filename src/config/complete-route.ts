import type { InboundRoute } from '../core/inbound-route.ts';
import type { Inside } from './inside.ts';
import type { WrittenSettings } from './schema.ts';

/** A route as the check leaves it, named as the code names things. */
export type CheckedRoute = Inside<WrittenSettings>['inboundRoutes'][number];

/** The route as the choice of routes needs it: what it does not set itself is left to the project. */
export function completeRoute({ id, did, project, scheduleAfter, ...set }: CheckedRoute): InboundRoute {
  return {
    id,
    did: did ?? null,
    projectId: project,
    overrides: { ...set, ...(scheduleAfter !== undefined && { scheduleAfterSeconds: scheduleAfter }) },
  };
}
