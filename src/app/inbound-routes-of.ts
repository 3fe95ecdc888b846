import type { Settings } from '../config.ts';
import { createInboundRoutes, type InboundRoutes } from '../core/inbound-route.ts';

/** Where missed calls and customers who were reached belong, by the settings. */
export function inboundRoutesOf({
  inboundRoutes,
  projects,
}: Pick<Settings, 'inboundRoutes' | 'projects'>): InboundRoutes {
  return createInboundRoutes(inboundRoutes, projects);
}
