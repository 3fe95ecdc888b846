import { projectsOf, type StoreSettings } from '../../src/app/open-store.ts';
import type { Derivation } from '../../src/core/call-store.ts';
import { createTimeZone } from '../../src/core/time-zone.ts';
import { createDerivation } from '../../src/wire/derivation.ts';

/** What the server derives from calls with these settings. */
export function derivationOf(settings: StoreSettings): Derivation {
  return createDerivation({ timeZone: createTimeZone(settings.timezone), projects: projectsOf(settings) });
}
