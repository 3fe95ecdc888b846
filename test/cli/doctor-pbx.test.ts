import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/app/doctor/finding.ts';
import { pbxFindings } from '../../src/app/doctor/pbx-findings.ts';
import { loadSettings } from '../../src/config.ts';
import { AmiServer, type AmiServerOptions } from '../support/ami-server.ts';
import { answersOf } from '../support/ami-user.ts';
import { createWorkplace, type Workplace } from '../support/cli.ts';
import { createTestDatabase } from '../support/postgres.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

let place: Workplace;
beforeEach(() => {
  place = createWorkplace({ CALLQUEUE_PORT: '0' });
});
afterEach(() => place.remove());

const now = () => Math.floor(Date.now() / 1000);

/** A PBX whose clock is right and whose user may do what is needed. */
const startPbx = (options: AmiServerOptions = {}) =>
  AmiServer.start({
    ...options,
    answers: {
      ...answersOf({ write: ['reporting'] }),
      ping: ({ headers }) => [
        ['Response: Success', `ActionID: ${headers.get('actionid')}`, 'Ping: Pong', `Timestamp: ${Date.now() / 1000}`],
      ],
      ...options.answers,
    },
  });

/** What doctor says of the PBX, one line a finding. */
async function doctor(): Promise<{ code: number | null; lines: string[]; stdout: string }> {
  const { code, stdout } = await place.run(['doctor']);
  return {
    code,
    stdout,
    lines: stdout.split('\n').filter((line) => /^\w+ +(pbx|inbound_contexts|queue_log)/.test(line)),
  };
}

describe('doctor', () => {
  it('needs no PBX', async () => {
    const { code, lines } = await doctor();
    expect(lines).toEqual(['ok    pbx: none is set (pbx.url): calls come in through the API only']);
    expect(code).toBe(0);
  });

  it('finds nothing wrong with a PBX that is set up as it should be', async () => {
    await using pbx = await startPbx();
    place.env.CALLQUEUE_PBX = pbx.url;
    const log = place.write(
      'queue_log',
      `${now() - 200}|NONE|NONE|NONE|QUEUESTART|\n${now() - 30}|1.1|sales|NONE|ENTERQUEUE||+441632960001|1\n`,
    );
    place.write('callqueue.yaml', `pbx: {queue_log: ${log}}\n`);
    chmodSync(place.path('callqueue.yaml'), 0o600);
    const { code, lines, stdout } = await doctor();
    expect(lines).toEqual([
      `ok    pbx: login as connector at 127.0.0.1:${pbx.port}, Asterisk 22.10.1, 0 queues`,
      'ok    pbx network: the manager port is reached from this machine only, as far as can be seen from it',
      'ok    pbx rights: connector may do what is needed and nothing dangerous; what it may hear the PBX does not tell',
      'ok    inbound_contexts: from-trunk is in the dialplan',
      expect.stringMatching(/^ok {4}pbx clock: 0\.\d s (ahead of|behind) this machine$/),
      expect.stringMatching(/^ok {4}queue_log: .*\/queue_log, 0\.0 MiB, last line 3\d s ago$/),
    ]);
    expect(code).toBe(0);
    expect(stdout).not.toContain('connector-secret');
  });

  it('names each right to take from a user who may do everything', async () => {
    await using pbx = await startPbx({ answers: answersOf({ write: ['all'], isDangerous: true }) });
    place.env.CALLQUEUE_PBX = pbx.url;
    const { code, lines } = await doctor();
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^warn {2}pbx rights: take system, command, config out of write = of \[connector\].* agent, user/,
      ),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^warn {2}pbx rights: set live_dangerously = no/));
    expect(code).toBe(0);
  });

  it('says what is missing where the user may do too little', async () => {
    await using pbx = await startPbx({ isBooted: false, answers: answersOf({ write: [] }) });
    place.env.CALLQUEUE_PBX = pbx.url;
    const { code, lines } = await doctor();
    expect(lines).toContainEqual(
      expect.stringMatching(/^fail {2}pbx: no FullyBooted: add system to read = of \[connector\]/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn {2}pbx rights: .*add reporting to write = of \[connector\]/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^warn {2}inbound_contexts: .*does not tell without reporting/));
    expect(code).toBe(1);
  });

  it('fails for a login that is refused, and shows no secret', async () => {
    await using pbx = await startPbx();
    place.env.CALLQUEUE_PBX = pbx.url.replace('connector-secret', 'another-secret');
    const { code, lines, stdout } = await doctor();
    expect(lines[0]).toMatch(
      /^fail {2}pbx: The PBX refuses the login of connector \(Authentication failed\): check user, secret and permit .*permit must hold 127\.0\.0\.1/,
    );
    expect(stdout).not.toContain('another-secret');
    expect(code).toBe(1);
    expect(pbx.requests.filter(({ action }) => action === 'Login')).toHaveLength(1);
  });

  it('fails for a PBX that is not there', async () => {
    const pbx = await startPbx();
    await pbx[Symbol.asyncDispose]();
    place.env.CALLQUEUE_PBX = pbx.url;
    expect((await doctor()).lines[0]).toMatch(
      /^fail {2}pbx: 127\.0\.0\.1:\d+ cannot be reached .*nothing listens there/,
    );
  });

  it('warns of a manager port that other machines reach without TLS', async () => {
    await using pbx = await startPbx();
    const settings = loadSettings({ env: { CALLQUEUE_PBX: pbx.url }, cwd: place.folder });
    const findings: Finding[] = [];
    for await (const finding of pbxFindings(settings, { machineAddresses: ['127.0.0.2', '127.0.0.1'] })) {
      findings.push(finding);
    }
    expect(findings).toContainEqual({
      subject: 'pbx network',
      verdict: 'warn',
      text: expect.stringMatching(
        /^the manager port is open to the network, at 127\.0\.0\.1:\d+ .*bindaddr = 127\.0\.0\.1/,
      ),
    });
  });

  it('warns of a PBX that is reached over a network without TLS', async () => {
    await using pbx = await startPbx();
    // The same machine, but nothing that looks like it.
    place.env.CALLQUEUE_PBX = pbx.url.replace('127.0.0.1', '[::ffff:127.0.0.1]');
    expect((await doctor()).lines).toContainEqual(
      expect.stringMatching(/^warn {2}pbx network: numbers of customers travel readable to .*: use amis:\/\//),
    );
  });

  it.skipIf(!hasOpenssl)('tells whether the certificate of the PBX is believed, and whether it has one', async () => {
    const [key, cert] = [place.path('key.pem'), place.path('cert.pem')] as const;
    const subject = ['-subj', '/CN=pbx', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
    const how = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ');
    expect(spawnSync('openssl', ['req', ...how, ...subject]).status).toBe(0);
    await using pbx = await startPbx({ tls: { key: readFileSync(key), cert: readFileSync(cert) } });
    place.env.CALLQUEUE_PBX = pbx.url;
    expect((await doctor()).lines[0]).toMatch(
      /^fail {2}pbx: .*the certificate is not believed; pbx\.certificate_authority/,
    );
    place.env.CALLQUEUE_PBX_CERTIFICATE_AUTHORITY = cert;
    const { code, lines } = await doctor();
    expect(lines[0]).toMatch(/^ok {4}pbx: login as connector/);
    expect(code).toBe(0);
    place.env.CALLQUEUE_PBX = pbx.url.replace('127.0.0.1', 'localhost');
    expect((await doctor()).lines[0]).toMatch(/^fail {2}pbx: .*the certificate is for another name; pbx\.url/);
    place.env.CALLQUEUE_PBX = pbx.url;
    place.env.CALLQUEUE_PBX_CERTIFICATE_AUTHORITY = place.path('none.pem');
    expect((await doctor()).lines[0]).toMatch(/^fail {2}pbx: pbx\.certificate_authority cannot be read: ENOENT/);
    delete place.env.CALLQUEUE_PBX_CERTIFICATE_AUTHORITY;
    await using plain = await startPbx();
    place.env.CALLQUEUE_PBX = plain.url.replace('ami:', 'amis:');
    expect((await doctor()).lines[0]).toMatch(/^fail {2}pbx: .*no TLS is spoken there/);
  });

  it('fails where no context of the setting is in the dialplan, and warns where one is missing', async () => {
    await using pbx = await startPbx({ answers: answersOf({ write: ['reporting'], contexts: ['from-sip'] }) });
    place.env.CALLQUEUE_PBX = pbx.url;
    expect((await doctor()).lines).toContainEqual(
      expect.stringMatching(
        /^fail {2}inbound_contexts: the dialplan has none of from-trunk, .* set pbx\.inbound_contexts/,
      ),
    );
    place.env.CALLQUEUE_PBX_INBOUND_CONTEXTS = 'from-sip,from-tunk';
    expect((await doctor()).lines).toContainEqual(
      'warn  inbound_contexts: the dialplan has from-sip, but not from-tunk: correct pbx.inbound_contexts',
    );
  });

  it('warns of clocks that differ', async () => {
    await using pbx = await startPbx({ answers: { ping: undefined as never } });
    place.env.CALLQUEUE_PBX = pbx.url;
    expect((await doctor()).lines).toContainEqual(
      expect.stringMatching(/^warn {2}pbx clock: .* s (ahead of|behind) this machine: set both by NTP/),
    );
  });
});

describe('doctor about queue_log', () => {
  const about = async (path: string) => {
    await using pbx = await startPbx();
    place.env.CALLQUEUE_PBX = pbx.url;
    place.env.CALLQUEUE_PBX_QUEUE_LOG = path;
    return (await doctor()).lines.at(-1);
  };

  it('says what stays unknown without one, and that this is no failure', async () => {
    await using pbx = await startPbx();
    place.env.CALLQUEUE_PBX = pbx.url;
    const { code, lines } = await doctor();
    expect(lines.at(-1)).toMatch(
      /^warn {2}queue_log: pbx\.queue_log is not set: who is missed while callqueue is away/,
    );
    expect(code).toBe(0);
  });

  it('fails where it is not there, or is no file', async () => {
    expect(await about(place.path('none'))).toMatch(
      /^fail {2}queue_log: .*\/none is not there: correct pbx\.queue_log/,
    );
    mkdirSync(place.path('folder'));
    expect(await about(place.path('folder'))).toMatch(/^fail {2}queue_log: .* is no file/);
  });

  it.skipIf(process.getuid?.() === 0)('fails where it cannot be read', async () => {
    const path = place.write('queue_log', 'x');
    chmodSync(path, 0);
    expect(await about(path)).toMatch(/^fail {2}queue_log: .*add the user of callqueue to the group/);
  });

  it('warns of another file, of lines from the future, and where the PBX has written nothing since it started', async () => {
    expect(await about(place.write('full', 'Nov 24 12:00:00 VERBOSE pbx.c: something\n'))).toMatch(
      /^warn .*is it the right file/,
    );
    expect(await about(place.write('ahead', `${now() + 3700}|1.1|a|NONE|ABANDON|1|1|5\n`))).toMatch(
      /^warn .*in the future/,
    );
    // The PBX of the test started 90 s ago.
    expect(await about(place.write('old', `${now() - 86_400 * 3}|1.1|a|NONE|ABANDON|1|1|5\n`))).toMatch(
      /^warn .*the last line is 3 days old, from before the PBX started/,
    );
    expect(await about(place.write('empty', ''))).toMatch(/^ok .*nothing in it yet/);
  });

  it('reads a table, and fails where it cannot, without showing the password', async () => {
    const database = await createTestDatabase();
    const sql = postgres(database, { max: 1, onnotice: () => undefined });
    await sql`CREATE TABLE queue_log (id bigserial PRIMARY KEY, time timestamptz, callid text, queuename text, agent text, event text, data text)`;
    const role = `doctor_${new URL(database).pathname.slice(1)}`;
    await sql.unsafe(`CREATE ROLE ${role} LOGIN`);
    const as = Object.assign(new URL(database), { username: role, search: '?table=queue_log&zone=UTC' }).href;
    expect(await about(as)).toMatch(
      /^fail {2}queue_log: .* permission denied for table queue_log; GRANT SELECT is what the user needs$/,
    );
    await sql.unsafe(`DROP ROLE ${role}`);
    await sql.end();
    expect(await about(`${database}?table=queue_log&zone=UTC`)).toMatch(
      /^ok {4}queue_log: the table queue_log at .* can be read$/,
    );
    expect(await about(`${database}?table=nothing&zone=UTC`)).toMatch(
      /^fail {2}queue_log: The table nothing at .* cannot be read: there is no such table; correct pbx\.queue_log/,
    );
    const nowhere = await about('postgres://callqueue:pass-word@127.0.0.1:1/x?table=queue_log');
    expect(nowhere).toMatch(/^fail {2}queue_log: The table queue_log at 127\.0\.0\.1:1\/x cannot be read/);
    expect(nowhere).not.toContain('pass-word');
  });
});
