import type { Settings } from '../../config.ts';
import { type Finding, ok, warn } from './finding.ts';

/** Whether anybody can log in. @param valid tokens in the database that are not revoked */
export function tokensFinding(valid: number, settings: Settings): Finding {
  const short = settings.token !== undefined && settings.token.length < 16;
  if (short) return warn('tokens', 'the token of the settings is shorter than 16 characters: it can be guessed');
  if (valid > 0 || settings.token !== undefined) return ok('tokens', `${valid} valid ones in the database`);
  return warn('tokens', 'nobody can log in; callqueue token create --name NAME makes one');
}
