import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startAmiClient } from '../support/ami-client.ts';
import { AmiServer } from '../support/ami-server.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

function makeCertificate() {
  const folder = tempFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')] as const;
  const how = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=pbx'.split(' ');
  const made = spawnSync('openssl', [
    'req',
    ...how,
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

describe.skipIf(!hasOpenssl)('amis:// (needs openssl to make a certificate)', () => {
  it('connects when it knows who signed the certificate, and may send the secret', async () => {
    const tls = makeCertificate();
    await using server = await AmiServer.start({ tls, hasChallenge: false });
    await using client = startAmiClient(server, { tls: { ca: tls.cert } });
    await client.heard('up');
    expect(server.requests.map(({ action }) => action).slice(0, 2)).toEqual(['Challenge', 'Login']);
  });

  it('says nothing to a server whose certificate nobody known has signed', async () => {
    await using server = await AmiServer.start({ tls: makeCertificate() });
    await using client = startAmiClient(server);
    await client.reached('waiting');
    expect(client.connection.state.lastFailure?.reason).toMatch(/self.signed certificate/);
    expect(server.requests).toEqual([]);
  });
});
