import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MISSED_KINDS } from '../client/src/contract.ts';
import { PAGES } from '../scripts/write-docs.ts';
import { SETTINGS } from '../src/config/setting-names.ts';
import { loadSettings } from '../src/config.ts';
import { loadFile, mistakesOf } from './support/settings-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callqueue-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const withFile = (yaml: string, env?: Record<string, string>) => loadFile(folder, yaml, env);
const withVariables = (env: Record<string, string>) => loadSettings({ env, cwd: folder });

describe('the settings', () => {
  it('have the documented defaults when nothing is set', () => {
    const settings = loadSettings({
      env: {},
      cwd: folder,
      machineTimezone: 'Europe/Bucharest',
      machineName: 'office-1',
    });
    expect(settings).toEqual({
      database: `sqlite:${folder}/data/callqueue.db`,
      host: '127.0.0.1',
      port: 8080,
      timezone: 'Europe/Bucharest',
      log: 'info',
      metricsOpen: false,
      readLists: true,
      unsafeDatabase: false,
      trustedProxies: [],
      instance: 'office-1',
      projects: [
        {
          id: 1,
          name: 'Project 1',
          allowedCountries: [],
          missedCalls: {
            kinds: MISSED_KINDS,
            shortestWaitSeconds: 0,
            type: null,
            destination: null,
            outboundType: 'manual',
            attendType: 'attended',
            priority: 0,
            maxRetries: 0,
            outboundNumber: null,
            scheduleAfterSeconds: null,
          },
          mostAutoPerMinute: 10,
          settings: expect.any(Array),
        },
      ],
      inboundRoutes: [],
      pbx: { inboundContexts: ['from-trunk', 'from-pstn', 'from-did-direct', 'ext-did'] },
      repeatWindowSeconds: 3600,
      keepChangesDays: 30,
      limits: {
        bodyBytes: 16 * 1024 * 1024,
        parameters: 100_000,
        depth: 8,
        connections: 10_000,
        largeBodies: 8,
        eventStreams: 1000,
        headersTimeoutSeconds: 10,
        requestTimeoutSeconds: 60,
        failedLoginsPerMinute: 200,
      },
    });
  });

  it('are read from callqueue.yaml in the working directory when it is there', () => {
    const cwd = mkdtempSync(join(folder, 'cwd-'));
    writeFileSync(join(cwd, 'callqueue.yaml'), 'port: 9000\nlimits: {depth: 9}\n');
    const settings = loadSettings({ env: {}, cwd });
    expect(settings.port).toBe(9000);
    expect(settings.limits).toMatchObject({ depth: 9, parameters: 100_000 });
  });

  it('let variables win over the file, also inside a group', () => {
    const settings = withFile('port: 9000\nhost: "::1"\nlimits: {depth: 9, parameters: 500}\n', {
      CALLQUEUE_PORT: '0',
      CALLQUEUE_LIMITS_DEPTH: '10',
    });
    expect(settings).toMatchObject({ port: 0, host: '::1', limits: { depth: 10, parameters: 500 } });
  });

  it('read lists, switches and projects from variables', () => {
    const settings = withVariables({
      CALLQUEUE_TRUSTED_PROXIES: '10.0.0.1, fd00::/8',
      CALLQUEUE_METRICS_OPEN: '1',
      CALLQUEUE_PROJECTS: '[{"id": 7, "name": "Sales"}]',
    });
    expect(settings.trustedProxies).toEqual(['10.0.0.1', 'fd00::/8']);
    expect(settings.metricsOpen).toBe(true);
    expect(settings.projects).toMatchObject([{ id: 7, name: 'Sales' }]);
  });

  it('take an empty variable and an empty line of the file as absent', () => {
    expect(withFile('country:\nprojects:\n', { CALLQUEUE_PORT: '' })).toMatchObject({
      port: 8080,
      projects: [{ id: 1, name: 'Project 1' }],
    });
    expect(withFile('').port).toBe(8080);
    expect(withFile('# nothing yet\n').port).toBe(8080);
  });

  it("give projects without a country the installation's", () => {
    const { projects } = withFile('country: RO\nprojects: [{id: 1}, {id: 2, country: DE}]\n');
    expect(projects.map(({ country }) => country)).toEqual(['RO', 'DE']);
    const origins = projects.map(({ settings }) => settings?.find(({ name }) => name === 'country')?.origin);
    expect(origins).toEqual(['installation', 'project']);
  });

  it('keep a token that looks like a number as it is written', () => {
    expect(withVariables({ CALLQUEUE_TOKEN: '0012', CALLQUEUE_KEY: '1e3' })).toMatchObject({
      token: '0012',
      key: '1e3',
    });
  });

  it.each([
    ['sqlite:calls.db', () => `${folder}/calls.db`],
    ['sqlite:./a/../calls.db', () => `${folder}/calls.db`],
    ['sqlite:/srv/calls.db', () => '/srv/calls.db'],
    ['sqlite:///srv/calls.db', () => '/srv/calls.db'],
  ])('find the database %s from the working directory', (database, path) => {
    expect(withVariables({ CALLQUEUE_DATABASE: database }).database).toBe(`sqlite:${path()}`);
  });
});

describe('wrong settings', () => {
  it('are reported all at once, by the name under which each was given', () => {
    const load = () =>
      withFile('port: x\nlimits: {depth: 1}\nprojects: [{id: 0, country: ro}, {name: Sales}]\ntimezone: +02:00\n', {
        CALLQUEUE_LOG: 'loud',
        CALLQUEUE_TRUSTED_PROXIES: '10.0.0.0/33',
      });
    expect(mistakesOf(load).toSorted()).toEqual(
      [
        'timezone: "+02:00" is wrong, expected an IANA name such as Europe/Bucharest',
        'port: "x" is wrong, expected a whole number from 0 to 65535',
        'CALLQUEUE_LOG: "loud" is wrong, expected one of trace, debug, info, warn, error, fatal, silent',
        'CALLQUEUE_TRUSTED_PROXIES[0]: "10.0.0.0/33" is wrong, expected an IP address or a range such as 10.0.0.0/8',
        'projects[0].id: 0 is wrong, expected a whole number from 1 to 9007199254740991',
        'projects[0].country: "ro" is wrong, expected the two capital letters of a country, such as RO or DE',
        'projects[1].id is missing, expected a whole number from 1 to 9007199254740991',
        'limits.depth: 1 is wrong, expected a whole number from 3 to 100',
      ].sort(),
    );
  });

  it.each([
    ['prot: 1', '"prot" is no setting of callqueue (did you mean port?)'],
    ['limits: {bodybytes: 1}', '"bodybytes" in limits is no setting of callqueue (did you mean body_bytes?)'],
    ['__proto__: {a: 1}', '"__proto__" is no setting of callqueue'],
    ['projects: [{id: 1}, {id: 1}]', 'projects[1].id: 1 is the number of another project too'],
    ['projects: []', 'projects: [] is wrong, expected a list of projects, such as [{id: 1, name: Sales, country: RO}]'],
    ['limits: 5', 'limits: 5 is wrong, expected settings by name'],
    ['port: 80.5', 'port: 80.5 is wrong, expected a whole number from 0 to 65535'],
    ['metrics_open: "yes"', 'metrics_open: "yes" is wrong, expected true or false'],
    ['key: abc', 'key: belongs to the setting token, which is missing'],
  ])('in %s are named', (yaml, mistake) => {
    expect(mistakesOf(() => withFile(yaml))).toEqual([mistake]);
  });

  it.each([
    ['CALLQUEUE_HOTS', '1', 'CALLQUEUE_HOTS is no setting of callqueue (did you mean CALLQUEUE_HOST?)'],
    [
      'CALLQUEUE_SERVICE_HOST',
      '10.1.2.3',
      'CALLQUEUE_SERVICE_HOST is no setting of callqueue; Kubernetes sets it for a service named callqueue: put enableServiceLinks: false into the pod',
    ],
    ['CALLQUEUE_PORT', '+1', 'CALLQUEUE_PORT: "+1" is wrong, expected a whole number from 0 to 65535'],
    ['CALLQUEUE_TOKEN', 'two words', /^CALLQUEUE_TOKEN: the value \(not shown\) is wrong, expected 1 to 200 printable/],
  ])('in the variable %s are named', (variable, value, mistake) => {
    const expected = typeof mistake === 'string' ? mistake : expect.stringMatching(mistake);
    expect(mistakesOf(() => withVariables({ [variable]: value }))).toEqual([expected]);
  });

  it.each([
    ['postgres://callqueue:geheim@/callqueue', 'cannot be read as an address'],
    ['postgres://callqueue:geheim/x@db/callqueue', 'cannot be read as an address'],
    ['postgres://callqueue:geheim@db', 'names no database'],
    ['postgres://callqueue:geheim@db,other', 'names no database'],
    ['postgres://callqueue:geheim@db/calls?sslmode=full', 'has an sslmode other than disable'],
    ['./data/callqueue.db', 'starts with none of the known kinds'],
    ['sqlite:', 'names no file'],
    ['sqlite:/srv/', 'names no file'],
    ['sqlite::memory:', 'a database in memory is lost'],
    ['sqlite://data/calls.db', 'two slashes would name a machine'],
  ])('refuse the database %s without quoting it', (database, reason) => {
    const [mistake, ...others] = mistakesOf(() => withVariables({ CALLQUEUE_DATABASE: database }));
    expect(others).toEqual([]);
    expect(mistake).toMatch(new RegExp(`^CALLQUEUE_DATABASE: ${reason}.*expected sqlite: and the path of a file`));
    expect(mistake).not.toContain('geheim');
  });

  it('of YAML are named by line and column', () => {
    const [mistake] = mistakesOf(() => withFile('port: 1\nlimits: {depth: 9\n'));
    expect(mistake).toMatch(/\.yaml, line 3, column 1: /);
    expect(mistakesOf(() => withFile('port: 1\nport: 2\n'))[0]).toMatch(/line 2, column 1: Map keys must be unique/);
    expect(mistakesOf(() => withFile('- port\n'))[0]).toMatch(/holds no settings by name/);
    expect(mistakesOf(() => withFile('port: 1\n---\nport: 2\n'))[0]).toMatch(/holds 2 documents \(expected one\)/);
    expect(mistakesOf(() => withFile('port: *nowhere\n'))[0]).toMatch(/alias/i);
  });

  it('do not show secrets of a line with a mistake in its syntax', () => {
    expect(mistakesOf(() => withFile('token: "s3cret\nport: 1\n')).join()).not.toContain('s3cret');
    expect(mistakesOf(() => withFile('token: 77345\n')).join()).not.toContain('77345');
    expect(mistakesOf(() => withFile('host: "http://user:s3cret@host"\n')).join()).not.toContain('s3cret');
  });

  it('say so when the file that was named is missing or a folder', () => {
    expect(mistakesOf(() => withVariables({ CALLQUEUE_CONFIG: 'nowhere.yaml' }))).toEqual([
      `CALLQUEUE_CONFIG: the settings file ${folder}/nowhere.yaml cannot be read: there is no such file`,
    ]);
    expect(mistakesOf(() => withVariables({ CALLQUEUE_CONFIG: '.' }))[0]).toMatch(/cannot be read: it is a folder/);
  });
});

describe('docs/configuration.md', () => {
  const root = join(import.meta.dirname, '..');

  it.each(Object.entries(PAGES))('is what `npm run docs` writes today: %s', (path, write) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(write());
  });

  it('names every setting and its variable', () => {
    const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
    expect(SETTINGS.length).toBeGreaterThan(15);
    for (const { name, variable } of SETTINGS) expect(page).toContain(`| \`${name}\`<br>\`${variable}\` `);
  });

  it('shows a file that can be used', () => {
    const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
    const yaml = page.match(/```yaml\n([\s\S]*?)```/)?.[1] ?? '';
    expect(withFile(yaml)).toMatchObject({ host: '0.0.0.0', projects: [{ country: 'RO' }, { country: 'DE' }] });
  });
});
