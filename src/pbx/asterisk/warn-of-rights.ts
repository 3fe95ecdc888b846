import type { Logger } from 'pino';
import { type AmiAsker, readRights, rightsWarnings } from './ami-rights.ts';

/**
 * Logs a warning for each right that the user of the manager port should not have. To be called for each new connection;
 * never rejects. For `live_dangerously` it looks once in a run of the PBX, as looking leaves a line in the PBX's log.
 */
export function createRightsWarner({
  user,
  logger,
}: {
  user: string;
  logger: Logger;
}): (pbx: AmiAsker, run: string) => Promise<void> {
  let lookedIn: string | undefined;
  return async (pbx, run) => {
    const looksForDanger = lookedIn !== run;
    lookedIn = run;
    try {
      const rights = await readRights(pbx, { looksForDanger });
      if (rights === undefined) return;
      for (const advice of rightsWarnings(user, rights))
        logger.warn({ advice }, 'The PBX lets us do more than is good');
    } catch (error) {
      // The connection ended meanwhile; the next one asks again.
      logger.debug({ err: error }, 'The rights at the PBX were not told');
    }
  };
}
