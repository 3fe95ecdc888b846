import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MISSED_KINDS } from '../client/src/contract.ts';
import { inboundRoutesOf } from '../src/app/inbound-routes-of.ts';
import { loadSettings } from '../src/config.ts';
import { missOf } from './support/capture.ts';
import { loadFile, mistakesOf } from './support/settings-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'callqueue-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const withFile = (yaml: string, env?: Record<string, string>) => loadFile(folder, yaml, env);
const withVariables = (env: Record<string, string>) => loadSettings({ env, cwd: folder });

const URL_SAID = '(expected ami://user:secret@host:5038, or amis://user:secret@host:5039 for TLS)';
const PBX = 'pbx: {url: "ami://callqueue:geheim@127.0.0.1"}\n';

describe('the PBX', () => {
  it('is named by one line, in a variable or the file', () => {
    const url = 'ami://callqueue:geheim@127.0.0.1:5038';
    for (const variable of ['CALLQUEUE_PBX', 'CALLQUEUE_PBX_URL']) {
      expect(withVariables({ [variable]: url }).pbx.url).toBe(url);
    }
    expect(withFile(PBX).pbx).toEqual({
      url: 'ami://callqueue:geheim@127.0.0.1',
      inboundContexts: ['from-trunk', 'from-pstn', 'from-did-direct', 'ext-did'],
    });
  });

  it('may have more said of it, in the file and in variables that win', () => {
    const settings = withFile(
      `pbx: {url: "amis://u:p@pbx", inbound_contexts: [x], queue_log: /var/log/asterisk/queue_log, certificate_authority: pbx.pem}\n`,
      { CALLQUEUE_PBX_INBOUND_CONTEXTS: 'from-trunk, from-trunk-sip-Büro' },
    );
    expect(settings.pbx).toEqual({
      url: 'amis://u:p@pbx',
      inboundContexts: ['from-trunk', 'from-trunk-sip-Büro'],
      queueLog: '/var/log/asterisk/queue_log',
      certificateAuthority: `${folder}/pbx.pem`,
    });
  });

  it.each([
    'postgres://asterisk:geheim@db/asterisk?table=queue_log',
    'postgresql://asterisk:geheim@db:5432/asterisk?sslmode=require&table=public.queue_log&zone=Europe/Bucharest',
    'postgres://asterisk@db/asterisk',
  ])('may write its queue_log into a table: %s', (place) => {
    const { pbx } = withVariables({ CALLQUEUE_PBX: 'ami://u:p@h', CALLQUEUE_PBX_QUEUE_LOG: place });
    expect(pbx.queueLog).toBe(place);
  });

  it.each([
    ['http://u:geheim@h', `CALLQUEUE_PBX: begins with neither ami:// nor amis:// ${URL_SAID}`],
    ['ami://callqueue@h', `CALLQUEUE_PBX: has no secret ${URL_SAID}`],
    [
      'ami://callqueue:geheim/x@h',
      `CALLQUEUE_PBX: cannot be read as an address; / ? # @ % in the secret are written %2F %3F %23 %40 %25 ${URL_SAID}`,
    ],
    ['ami://callqueue:geheim@h:5038/x', /^CALLQUEUE_PBX: goes on after the port/],
  ])('with the address %s is refused without showing it', (url, mistake) => {
    const found = mistakesOf(() => withVariables({ CALLQUEUE_PBX: url }));
    expect(found).toEqual([typeof mistake === 'string' ? mistake : expect.stringMatching(mistake)]);
    expect(found.join()).not.toContain('geheim');
  });

  it.each([
    ['queue_log', /^pbx.queue_log: is neither an absolute path nor begins with postgres:/],
    ['/var/log/', /^pbx.queue_log: names no file/],
    ['postgres://u:geheim/x@db/a?table=q', /^pbx.queue_log: cannot be read as an address/],
    ['postgres://u:geheim@db?table=q', /^pbx.queue_log: names no database/],
    ['postgres://u:geheim@db/a?tabel=q', /^pbx.queue_log: has a parameter other than table, zone and sslmode/],
    ['postgres://u:geheim@db/a?table=q;drop', /^pbx.queue_log: names a table with other characters/],
  ])('with the queue_log %s is refused without showing it', (place, mistake) => {
    const found = mistakesOf(() => withFile(`pbx: {url: "ami://u:p@h", queue_log: "${place}"}`));
    expect(found).toEqual([expect.stringMatching(mistake)]);
    expect(found[0]).toMatch(/expected the path of a file, such as \/|expected postgres:\/\/user:password@/);
    expect(found.join()).not.toContain('geheim');
  });

  it.each([
    ['pbx: "ami://u:geheim/x@h"', ['pbx: the value (not shown) is wrong, expected settings by name']],
    ['pbx: {url: [geheim]}', [expect.stringMatching(/^pbx.url: the value \(not shown\) is wrong, expected ami:/)]],
    ['pbx: {queue_log: /a}', ['pbx.queue_log: belongs to the setting pbx.url, which is missing']],
    [
      'pbx: {url: "ami://u:p@h", certificate_authority: a.pem}',
      ['pbx.certificate_authority: is for amis://, and pbx.url begins with ami://'],
    ],
    [
      'pbx: {inbound_contexts: []}',
      [
        'pbx.inbound_contexts: [] is wrong, expected a list of contexts of the dialplan, such as [from-trunk, from-pstn]',
      ],
    ],
    [
      'pbx: {inbound_contexts: ["from trunk"]}',
      [
        'pbx.inbound_contexts[0]: "from trunk" is wrong, expected the name of a context of the dialplan, such as from-trunk',
      ],
    ],
  ])('as %s is a mistake', (yaml, mistakes) => {
    expect(mistakesOf(() => withFile(yaml))).toEqual(mistakes);
  });

  it('is named once: two variables that mean the same are a mistake', () => {
    const env = { CALLQUEUE_PBX: 'ami://u:geheim@h', CALLQUEUE_PBX_URL: 'ami://u:geheim@h' };
    expect(mistakesOf(() => withVariables(env))).toEqual([
      'CALLQUEUE_PBX: CALLQUEUE_PBX_URL is set too, and means the same; remove one of them',
    ]);
  });
});

describe('the instance', () => {
  it("has the machine's host name, in characters that fit into headers, unless it is named", () => {
    const named = (machineName: string) => loadSettings({ env: {}, cwd: folder, machineName }).instance;
    expect(named('office-1')).toBe('office-1');
    expect(named('büro 1\n')).toBe('bro1');
    expect(named('☎')).toBe('callqueue');
    expect(withVariables({ CALLQUEUE_INSTANCE: 'blue' }).instance).toBe('blue');
    expect(mistakesOf(() => withVariables({ CALLQUEUE_INSTANCE: 'two words' }))[0]).toMatch(/^CALLQUEUE_INSTANCE: /);
  });
});

describe('missed calls of a project', () => {
  it('all count and are manual, and only its own country may be dialled unseen, unless it says otherwise', () => {
    const { projects } = withFile('country: RO\nprojects: [{id: 1}, {id: 2, country: DE}, {id: 3, country: XK}]\n');
    expect(projects.map(({ allowedCountries }) => allowedCountries)).toEqual([['RO'], ['DE'], ['XK']]);
    expect(projects[0]?.missedCalls).toMatchObject({
      kinds: MISSED_KINDS,
      shortestWaitSeconds: 0,
      outboundType: 'manual',
    });
  });

  it('are set member by member', () => {
    const { projects } = withFile(`
projects:
  - id: 1
    allowed_countries: [RO, MD]
    missed_calls: {kinds: [no_answer, busy, busy], shortest_wait_seconds: 3, outbound_type: auto, attend_type: unattended,
      type: queue, destination: "600", priority: 5, max_retries: 2, outbound_number: "+44 1632 960000", schedule_after: 120,
      auto_per_minute: 3}
`);
    expect(projects[0]).toMatchObject({
      allowedCountries: ['RO', 'MD'],
      missedCalls: {
        kinds: ['no_answer', 'busy'],
        shortestWaitSeconds: 3,
        outboundType: 'auto',
        attendType: 'unattended',
        type: 'queue',
        destination: '600',
        priority: 5,
        maxRetries: 2,
        outboundNumber: '+44 1632 960000',
        scheduleAfterSeconds: 120,
      },
      mostAutoPerMinute: 3,
    });
  });

  it('are told with where each comes from', () => {
    const [project] = withFile(
      'country: RO\nprojects: [{id: 1, missed_calls: {kinds: [busy], priority: null}}]\n',
    ).projects;
    expect(project?.settings?.slice(0, 5)).toEqual([
      { name: 'name', value: 'Project 1', origin: 'default' },
      { name: 'country', value: 'RO', origin: 'installation' },
      { name: 'allowed_countries', value: ['RO'], origin: 'installation' },
      { name: 'missed_calls.kinds', value: ['busy'], origin: 'project' },
      { name: 'missed_calls.shortest_wait_seconds', value: 0, origin: 'default' },
    ]);
    expect(project?.settings).toContainEqual({ name: 'missed_calls.priority', value: 0, origin: 'default' });
    expect(project?.settings).toContainEqual({ name: 'missed_calls.auto_per_minute', value: 10, origin: 'default' });
  });

  it.each([
    ['{type: queue}', ['.destination is missing, expected the name of the queue that type speaks of']],
    ['{destination: sales}', ['.type is missing, expected queue, user or context, as destination is the name of one']],
    [
      '{outbound_type: auto}',
      [
        '.outbound_type: "auto" is wrong without type and destination, as an agent is rung first; expected them, or attend_type unattended, or outbound_type manual',
      ],
    ],
    [
      '{outbound_type: auto, type: queue}',
      ['.destination is missing, expected the name of the queue that type speaks of'],
    ],
    ['{type: queues, destination: sales}', ['.type: "queues" is wrong, expected one of queue, user, context']],
    [
      '{type: queue, destination: 600}',
      [
        '.destination: 600 is wrong, expected 1 to 79 of the characters A-Z a-z 0-9 _ . -, in quotes when they look like a number',
      ],
    ],
    [
      '{type: queue, destination: "a,b&c"}',
      [
        '.destination: "a,b&c" is wrong, expected 1 to 79 of the characters A-Z a-z 0-9 _ . -, in quotes when they look like a number',
      ],
    ],
    ['{kinds: [hungup]}', [`.kinds[0]: "hungup" is wrong, expected one of ${MISSED_KINDS.join(', ')}`]],
    [
      '{outbound_number: "+1\\nX: y"}',
      [
        '.outbound_number: "+1\\nX: y" is wrong, expected a number in quotes, such as "+441632960000", of at most 64 characters',
      ],
    ],
    ['{priority: 1001}', ['.priority: 1001 is wrong, expected a whole number from -1000 to 1000']],
  ])('as %s are a mistake', (missedCalls, mistakes) => {
    const load = () => withFile(`projects: [{id: 1, country: RO, missed_calls: ${missedCalls}}]`);
    expect(mistakesOf(load)).toEqual(mistakes.map((mistake) => `projects[0].missed_calls${mistake}`));
  });

  it('cannot be automatic where no country is allowed', () => {
    const auto = '{outbound_type: auto, type: queue, destination: sales}';
    const mistake = expect.stringMatching(
      /^projects\[0\].missed_calls.outbound_type: "auto" is wrong in a project without any country/,
    );
    expect(mistakesOf(() => withFile(`projects: [{id: 1, missed_calls: ${auto}}]`))).toEqual([mistake]);
    expect(
      mistakesOf(() => withFile(`country: RO\nprojects: [{id: 1, allowed_countries: [], missed_calls: ${auto}}]`)),
    ).toEqual([mistake]);
    expect(withFile(`projects: [{id: 1, allowed_countries: [RO], missed_calls: ${auto}}]`).projects).toHaveLength(1);
  });
});

describe('inbound routes', () => {
  const projects =
    'projects: [{id: 1, country: GB, missed_calls: {type: queue, destination: sales}}, {id: 2, country: DE}]\n';

  it('say whose a number is and what is otherwise there than in its project', () => {
    const settings = withFile(`${projects}
inbound_routes:
  - {id: 12, did: "01632 960901", project: 1}
  - {id: 13, did: "+49 30 23125000", project: 2, type: user, destination: anna, outbound_type: auto, attend_type: attended,
      priority: 9, max_retries: 1, outbound_number: "+493023125001", schedule_after: 60}
  - {id: 14, project: 2}
`);
    expect(settings.inboundRoutes).toEqual([
      { id: 12, did: '01632 960901', projectId: 1, overrides: {} },
      {
        id: 13,
        did: '+49 30 23125000',
        projectId: 2,
        overrides: {
          type: 'user',
          destination: 'anna',
          outboundType: 'auto',
          attendType: 'attended',
          priority: 9,
          maxRetries: 1,
          outboundNumber: '+493023125001',
          scheduleAfterSeconds: 60,
        },
      },
      { id: 14, did: null, projectId: 2, overrides: {} },
    ]);
    const targetOf = (did: string, number: string) =>
      inboundRoutesOf(settings).recordMissed(missOf({ did, number, queue: null }))?.target;
    expect(targetOf('+441632960901', '+441632960001')).toMatchObject({ projectId: 1, destination: 'sales' });
    expect(targetOf('023125000', '+493023125002')).toMatchObject({
      inboundRouteId: 13,
      outboundType: 'auto',
      scheduleAfterSeconds: 60,
      mostAutoPerMinute: 10,
    });
    expect(targetOf('023125000', '+441632960001')).toMatchObject({ manualBecause: 'number_not_allowed' });
    expect(targetOf('+12025550123', '+441632960001')).toMatchObject({ projectId: 2, inboundRouteId: 14 });
  });

  it('come from a variable too, as JSON', () => {
    const CALLQUEUE_INBOUND_ROUTES = '[{"id": 1, "did": "+441632960900", "project": 1}]';
    expect(withVariables({ CALLQUEUE_INBOUND_ROUTES }).inboundRoutes).toMatchObject([{ did: '+441632960900' }]);
    const wrong = '[{"id": 1, "did": "+441632960900", "project": 7}]';
    expect(mistakesOf(() => withVariables({ CALLQUEUE_INBOUND_ROUTES: wrong }))).toEqual([
      'CALLQUEUE_INBOUND_ROUTES[0].project: 7 is wrong, expected the only project, 1',
    ]);
  });

  it.each([
    ['{id: 1, project: 3}', ['.project: 3 is wrong, expected the number of a project: 1, 2']],
    [
      '{id: 1, did: 01632960901, project: 1}',
      ['.did: 1632960901 is wrong, expected a number in quotes, such as "+441632960000", of at most 64 characters'],
    ],
    ['{id: 1, did: " -", project: 1}', ['.did: " -" is wrong, expected a number']],
    [
      '{id: 1, did: "1", project: 1, type: user}',
      ['.destination is missing, expected the name of the user that type speaks of'],
    ],
    [
      '{id: 1, did: "1", project: 2, destination: anna}',
      ['.type is missing, expected queue, user or context, as destination is the name of one'],
    ],
    [
      '{id: 1, did: "1", project: 2, outbound_type: auto}',
      [
        '.outbound_type: "auto" is wrong without type and destination, as an agent is rung first; expected them, or attend_type unattended, or outbound_type manual',
      ],
    ],
    [
      '{id: 1, did: "1", project: 1, type: context, destination: "../x", max_retries: 101}',
      [
        '.destination: "../x" is wrong, expected 1 to 79 of the characters A-Z a-z 0-9 _ . -, in quotes when they look like a number',
        '.max_retries: 101 is wrong, expected a whole number from 0 to 100',
      ],
    ],
    ['{did: "1", project: 1}', ['.id is missing, expected a whole number from 1 to 9007199254740991']],
  ])('as %s are a mistake', (route, mistakes) => {
    const load = () => withFile(`${projects}inbound_routes: [${route}]`);
    expect(mistakesOf(load)).toEqual(mistakes.map((mistake) => `inbound_routes[0]${mistake}`));
  });

  it('have each number and each place once, however the number is written', () => {
    const load = () =>
      withFile(`${projects}
inbound_routes:
  - {id: 1, did: "01632 960901", project: 1}
  - {id: 1, did: "+44 1632 960901", project: 2}
  - {id: 2, project: 1}
  - {id: 3, project: 2}
`);
    expect(mistakesOf(load)).toEqual([
      'inbound_routes[1].id: 1 is the number of inbound_routes[0] too',
      'inbound_routes[1].did: "+44 1632 960901" is the number of inbound_routes[0] too',
      'inbound_routes[3].did is missing, as in inbound_routes[2]: only one route can stand for every number without a route of its own',
    ]);
  });

  it('leave what is wrong in a project to be told there', () => {
    const wrong = 'projects: [{id: 1, country: RO, missed_calls: {outbound_type: auto}}]\n';
    const found = mistakesOf(() => withFile(`${wrong}inbound_routes: [{id: 1, did: "1", project: 1, priority: 1}]`));
    expect(found).toEqual([expect.stringMatching(/^projects\[0\].missed_calls.outbound_type: /)]);
  });
});

it('every mistake is told in one go, whatever kind it is of', () => {
  const load = () =>
    withFile(
      `
port: x
country: ZZ
pbx: {url: "ami://u@h", queue_log: here, inbound_context: [x]}
projects: [{id: 1, country: GB, missed_calls: {type: queue}}, {id: 2, nme: Sales}]
inbound_routes:
  - {id: 1, did: "1", project: 9}
  - {id: 2, did: "01632960901", project: 2, priority: high}
  - {id: 2, did: "01632960902", project: 2}
`,
      { CALLQUEUE_INSTANCE: ' ' },
    );
  expect(mistakesOf(load).map((mistake) => mistake.replace(/(:| is missing| is no setting| in ).*/, ''))).toEqual([
    'port',
    'country',
    'CALLQUEUE_INSTANCE',
    '"nme"',
    'inbound_routes[1].priority',
    '"inbound_context"',
    'pbx.url',
    'pbx.queue_log',
    'projects[0].missed_calls.destination',
    'inbound_routes[0].project',
    'inbound_routes[2].id',
  ]);
});
