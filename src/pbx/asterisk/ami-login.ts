import { createHash } from 'node:crypto';
import { CallQueueError } from '../../core/errors.ts';
import { type AmiAddress, isLoopback } from './ami-address.ts';
import { AmiRefusedError, isShuttingDown, shown } from './ami-errors.ts';
import type { AmiSession } from './ami-session.ts';

/** The PBX does not let us in, or must not be told the secret. Trying again soon is of no use: somebody has to act. */
export class AmiLoginError extends CallQueueError {
  readonly code = 'ami_login';

  constructor(message: string) {
    super(message);
    this.name = 'AmiLoginError';
  }
}

/**
 * Logs in by challenge, so that the secret is not sent. Only where the PBX offers no challenge is it sent, and then only
 * encrypted or within this machine.
 *
 * @throws {AmiLoginError} which says what to change
 * @throws {AmiRefusedError} when the PBX shuts down
 */
export async function logIn(session: AmiSession, { user, secret, host, isEncrypted }: AmiAddress): Promise<void> {
  const challenge = await challengeOf(session);
  if (challenge === undefined && !isEncrypted && !isLoopback(host)) {
    throw new AmiLoginError(
      `The PBX offers no login by challenge, and the secret is not sent unencrypted to ${host}: use amis:// (manager.conf: tlsenable=yes)`,
    );
  }
  const proof =
    challenge === undefined
      ? ([['Secret', secret]] as const)
      : ([
          ['AuthType', 'MD5'],
          [
            'Key',
            createHash('md5')
              .update(challenge + secret)
              .digest('hex'),
          ],
        ] as const);
  try {
    await session.request('Login', [['Username', user], ...proof, ['Events', 'on']]);
  } catch (error) {
    if (!(error instanceof AmiRefusedError) || isShuttingDown(error)) throw error;
    // The server says the same for an unknown user, a wrong secret and an address it does not permit.
    throw new AmiLoginError(
      `The PBX refuses the login of ${user} (${error.answer}): check user, secret and permit of that user in manager.conf`,
    );
  }
}

async function challengeOf(session: AmiSession): Promise<string | undefined> {
  try {
    const answer = await session.request('Challenge', [['AuthType', 'MD5']]);
    return answer.get('Challenge');
  } catch (error) {
    if (error instanceof AmiRefusedError && !isShuttingDown(error)) return undefined;
    throw error;
  }
}

/** The manager port says so in its first line; the number is that of its protocol, not of Asterisk. */
export function checkBanner(banner: string): void {
  if (/^Asterisk Call Manager(?: Proxy)?\//.test(banner)) return;
  throw new AmiLoginError(
    `No manager port of Asterisk answers there, its first words are: ${shown(banner).slice(0, 60)}`,
  );
}
