import { readFileSync } from 'node:fs';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { StoreUnusableError } from '../../core/errors.ts';

export interface Encryption {
  /** The address without what only concerns certificates, which the driver would send to PostgreSQL. */
  url: string;
  /** For the driver; undefined: it does what the address says. */
  ssl:
    | { ca?: string; checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined }
    | 'prefer'
    | undefined;
}

/**
 * What the address says of certificates (`sslmode`, `sslrootcert`), as libpq understands it: the driver does not know files of
 * authorities, and where the host is a number it would look for the name `localhost` in the certificate.
 * @param hostOf the host that is being connected to
 * @throws StoreUnusableError when the file of the authority cannot be read
 */
export function encryptionOf(address: string, hostOf: () => string): Encryption {
  const mode = parameterOf(address, 'sslmode');
  const file = parameterOf(address, 'sslrootcert');
  const url = address
    .replace(/([?&])sslrootcert=[^&]*(&|$)/, (_all, before: string, after: string) => (after === '' ? '' : before))
    .replace(/[?&]$/, '');
  // By libpq's rule a file of an authority makes of `require` that it is looked at.
  const isChecked = mode === 'verify-full' || mode === 'verify-ca' || (mode === 'require' && file !== undefined);
  // Both take what there is; the driver would insist on TLS.
  if (mode === 'allow') return { url, ssl: 'prefer' };
  if (!isChecked) return { url, ssl: undefined };
  return {
    url,
    ssl: {
      ...(file !== undefined && file !== 'system' && { ca: authorityIn(file) }),
      checkServerIdentity: (_host, certificate) =>
        mode === 'verify-full' ? checkServerIdentity(hostOf(), certificate) : undefined,
    },
  };
}

function authorityIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StoreUnusableError(
      `The file that sslrootcert in the address of the database names cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Several hosts are no URL. */
function parameterOf(address: string, name: string): string | undefined {
  const [, query = ''] = address.split('?');
  return new URLSearchParams(query).get(name) ?? undefined;
}
