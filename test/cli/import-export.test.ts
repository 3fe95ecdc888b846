import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../../client/src/contract.ts';
import { RESULTS, STATUSES } from '../../client/src/contract.ts';
import { openInput } from '../../src/cli/open-input.ts';
import { createWorkplace, type Workplace } from '../support/cli.ts';

let place: Workplace;
beforeEach(() => {
  place = createWorkplace({ CALLQUEUE_TIMEZONE: 'Europe/Bucharest' });
});
afterEach(() => place.remove());

async function stored(): Promise<Row[]> {
  const { code, stdout, stderr } = await place.run(['list', '--json', '--page-size', '1000']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const GOOD = 'caller_id,caller_id_name,priority\n+441632960001,Ann,5\n+441632960002,Ben,\n';

describe('import', () => {
  it('stores every row, in a database that it makes itself, as source import', async () => {
    place.write('calls.csv', GOOD);
    const outcome = await place.run(['import', 'calls.csv']);
    expect(outcome).toEqual({ code: 0, stdout: '2 calls imported\n', stderr: '' });
    expect(await stored()).toMatchObject([
      { id: 1, project_id: 1, source: 'import', status: 'pending', caller_id_name: 'Ann', priority: 5 },
      { id: 2, caller_id: '+441632960002', priority: 0 },
    ]);
  });

  it('reads standard input for -, in the format that is named', async () => {
    const stdin = '{"caller_id":"+441632960001","vars":{"lang":"en"}}\n';
    expect(await place.run(['import', '-', '--format', 'jsonl'], { stdin })).toMatchObject({ code: 0 });
    expect(await stored()).toMatchObject([{ vars: { lang: 'en' } }]);
  });

  it('unpacks .gz, but nothing that grows out of all proportion', async () => {
    place.write('calls.csv.gz', gzipSync(GOOD));
    expect((await place.run(['import', 'calls.csv.gz'])).stdout).toBe('2 calls imported\n');
    place.write('cut.csv.gz', gzipSync(GOOD).subarray(0, 40));
    expect((await place.run(['import', 'cut.csv.gz'])).stderr).toMatch(/^callqueue: cut\.csv\.gz: damaged gzip: /);
    place.write('bomb.csv.gz', gzipSync(Buffer.alloc(4 * 1024 * 1024, 'x')));
    const unpacked = openInput('bomb.csv.gz', { cwd: place.folder, stdin: process.stdin, harmlessBytes: 1024 * 1024 });
    let bytes = 0;
    const read = async () => {
      for await (const chunk of unpacked) bytes += chunk.length;
    };
    await expect(read()).rejects.toThrow('bomb.csv.gz: unpacks to more than 200 times its size; unpack it yourself');
    expect(bytes).toBeLessThan(2 * 1024 * 1024);
    expect(await stored()).toHaveLength(2);
  });

  it('stores nothing when one row is bad, and tells the first twenty by their lines', async () => {
    const bad = Array.from({ length: 25 }, (_, index) => `12,B${index},2000`).join('\n');
    place.write('calls.csv', `${GOOD}${bad}\n+441632960003,Cid,1\n`);
    const { code, stdout, stderr } = await place.run(['import', 'calls.csv']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(22);
    expect(lines[0]).toMatch(
      /^line 4: Invalid value for caller_id: 12 \(expected .*\); Invalid value for priority: 2000/,
    );
    expect(lines[19]).toMatch(/^line 23: /);
    expect(lines.slice(20)).toEqual(['… and 5 more', 'callqueue: 25 bad rows of 28: nothing is stored']);
    expect(await place.run(['list', '--json'])).toMatchObject({ stdout: '[]\n' });
  });

  it('stores the good rows with --skip-bad and writes the bad ones to a file that can be mended', async () => {
    place.write('calls.csv', 'caller_id,caller_id_name\n12,"A ""x"", Ann"\n+441632960002,Ben\n1,2,3\n');
    const { code, stdout, stderr } = await place.run(['import', 'calls.csv', '--skip-bad']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 call imported\n' });
    expect(stderr).toContain(`2 bad rows of 3, written to ${place.path('calls.bad.csv')}\n`);
    expect(place.read('calls.bad.csv')).toBe('caller_id,caller_id_name\n12,"A ""x"", Ann"\n1,2,3\n');
    expect(await stored()).toMatchObject([{ caller_id_name: 'Ben' }]);

    const again = await place.run(['import', 'calls.csv', '--skip-bad']);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('calls.bad.csv is there already');
    expect(await stored()).toHaveLength(1);
  });

  it('checks everything and stores nothing with --dry-run', async () => {
    place.write('calls.csv', `${GOOD}`);
    const { code, stdout } = await place.run(['import', 'calls.csv', '--dry-run']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '2 good rows; dry run: nothing is stored\n' });
    expect(await stored()).toEqual([]);
  });

  it('makes no second call of one that is open already, in the file or in the database', async () => {
    place.write('a.csv', 'caller_id,external_id\n+441632960001,X\n+441632960002,X\n+441632960001,Y\n');
    expect((await place.run(['import', 'a.csv'])).stdout).toBe('3 calls imported\n');
    place.write('b.csv', 'caller_id,external_id,priority\n+441632960003,Z,\n0044 1632 960001,X,5\n+441632960003,Z,\n');
    const again = await place.run(['import', 'b.csv']);
    expect(again.stdout).toBe(
      '3 calls imported (1 new, 1 updated, 1 unchanged, 0 left alone as somebody works on them)\n',
    );
    expect((await stored()).map((row) => [row.external_id, row.priority])).toEqual([
      ['X', 5],
      ['X', 0],
      ['Y', 0],
      ['Z', 0],
    ]);
  });

  it('takes an id that is taken for a bad row', async () => {
    place.write('a.csv', 'id,caller_id\n5,+441632960001\n');
    expect((await place.run(['import', 'a.csv', '--keep-ids'])).stdout).toBe('1 call imported\n');
    place.write('b.csv', 'id,caller_id\n6,+441632960002\n5,+441632960003\n');
    const refused = await place.run(['import', 'b.csv', '--keep-ids']);
    expect(refused.stderr).toMatch(/^line 3: There is a call with id 5 already\ncallqueue: 1 bad row of 2: nothing/);
    const skipped = await place.run(['import', 'b.csv', '--keep-ids', '--skip-bad']);
    expect(skipped.stdout).toBe('1 call imported\n');
    expect((await stored()).map((row) => row.id)).toEqual([5, 6]);
  });

  it('keeps what --batch has committed before a bad row, and says how much', async () => {
    const rows = Array.from({ length: 7 }, (_, index) => (index === 6 ? '1' : `+44163296000${index}`));
    place.write('calls.csv', `caller_id\n${rows.join('\n')}\n`);
    const { code, stderr } = await place.run(['import', 'calls.csv', '--batch', '2']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/callqueue: 1 bad row of 7: 6 calls of earlier batches are stored\n$/);
    expect(await stored()).toHaveLength(6);
  });

  it('gives rows without a project the one of --project, and needs it where there are several', async () => {
    place.env.CALLQUEUE_PROJECTS = '[{id: 3}, {id: 8}]';
    place.write('calls.csv', 'caller_id,project_id\n+441632960001,\n+441632960002,3\n');
    expect((await place.run(['import', 'calls.csv'])).stderr).toMatch(/^line 2: .*project_id/);
    expect(await place.run(['import', 'calls.csv', '--project', '8'])).toMatchObject({ code: 0 });
    expect((await stored()).map((row) => row.project_id)).toEqual([8, 3]);
    place.write('more.csv', 'caller_id,project_id\n+441632960001,5\n');
    expect((await place.run(['import', 'more.csv'])).stderr).toMatch(/^line 2: .*project 5|^line 2: .*5/i);
  });

  it.each([
    ['nowhere.csv', 'callqueue: nowhere.csv: there is no such file\n'],
    ['.', 'callqueue: .: it is a folder\n'],
    ['bad.csv', 'callqueue: bad.csv: header line: unknown column "phone" (expected some of id, project_id'],
    ['utf16.csv', 'callqueue: utf16.csv: this is UTF-16: save the file as UTF-8\n'],
  ])('says what is wrong with the file %s', async (file, message) => {
    place.write('bad.csv', 'phone\n1\n');
    place.write('utf16.csv', Buffer.from('\ufeffcaller_id\n1\n', 'utf16le'));
    const { code, stdout, stderr } = await place.run(['import', file]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.slice(0, message.length)).toBe(message);
  });

  it('shows its progress on a terminal and nothing of it elsewhere', async () => {
    place.write('calls.csv', `caller_id\n${'+441632960001\n'.repeat(1000)}`);
    const { stdout, stderr } = await place.run(['import', 'calls.csv'], { isTTY: true });
    expect(stdout).toBe('1000 calls imported\n');
    expect(stderr).toMatch(/\r\u001b\[K[\d,]+ rows, [\d,]+ rows\/s/);
    expect((await place.run(['import', 'calls.csv'])).stderr).toBe('');
  });

  it('keeps nothing when it is interrupted', async () => {
    place.write('calls.csv', GOOD);
    const { code, stderr } = await place.run(['import', 'calls.csv'], { signal: AbortSignal.abort() });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'callqueue: Interrupted: nothing is stored\n' });
    expect(await stored()).toEqual([]);
  });
});

describe('export', () => {
  it('writes the rows that match, with a header, in order of id', async () => {
    place.write('calls.csv', 'caller_id,campaign_name\n+441632960001,a\n+441632960002,b\n+441632960003,a\n');
    await place.run(['import', 'calls.csv']);
    const { code, stdout, stderr } = await place.run(['export', '--campaign', 'a']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^id,project_id,inbound_route_id,source,/);
    expect(lines.slice(1).map((line) => line.split(',')[6])).toEqual(['+441632960001', '+441632960003', undefined]);
    const both = await place.run(['export', '--campaign', 'a', '--campaign', 'b', '--format', 'jsonl']);
    expect(
      both.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([1, 2, 3]);
  });

  it('quotes what a spreadsheet would compute and leaves numbers alone', async () => {
    place.write('calls.jsonl', '{"caller_id":"+441632960001","caller_id_name":"=HYPERLINK(\\"http://a.example\\")"}\n');
    await place.run(['import', 'calls.jsonl']);
    const { stdout } = await place.run(['export']);
    expect(stdout).toContain(`,+441632960001,"'=HYPERLINK(""http://a.example"")",`);
  });

  it('writes a file when it is complete, packed if its name says so', async () => {
    place.write('calls.csv', GOOD);
    await place.run(['import', 'calls.csv']);
    expect(await place.run(['export', '--output', 'out.tsv'])).toMatchObject({ code: 0, stdout: '' });
    expect(place.read('out.tsv')).toMatch(/^id\tproject_id\t/);
    await place.run(['export', '--output', 'out.jsonl.gz']);
    expect(
      JSON.parse(
        gunzipSync(readFileSync(place.path('out.jsonl.gz')))
          .toString()
          .split('\n')[1] ?? '',
      ).id,
    ).toBe(2);
    const failed = await place.run(['export', '--output', 'no/such/folder.csv']);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toMatch(/^callqueue: Cannot write .*folder\.csv: ENOENT/);
  });

  it('leaves no half file behind when it is interrupted', async () => {
    place.write('calls.csv', GOOD);
    await place.run(['import', 'calls.csv']);
    const { code, stderr } = await place.run(['export', '--output', 'out.csv'], { signal: AbortSignal.abort() });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'callqueue: Interrupted: the export is not complete\n' });
    expect(() => place.read('out.csv')).toThrow('ENOENT');
    expect(() => place.read('out.csv.part')).toThrow('ENOENT');
  });

  it('keeps apart the two halves of an hour that a clock change repeats', async () => {
    // 2026-10-25 03:30 comes twice in Bucharest: at +03:00 and, an hour later, at +02:00.
    const schedules = ['2026-10-25T03:30:00+03:00', '2026-10-25T03:30:00+02:00'];
    place.write('a.csv', `caller_id,schedule\n${schedules.map((time) => `+441632960001,${time}\n`).join('')}`);
    await place.run(['import', 'a.csv']);
    const { stdout } = await place.run(['export']);
    expect(stdout).toContain(',2026-10-25 03:30:00,');
    expect(stdout).toContain(',2026-10-25T03:30:00+02:00,');
  });
});

describe('export and import', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(...'\'=+-@\\N",;\t1 a'), minLength: 1, maxLength: 8 }),
  );
  // Blanks around a text are not kept by the API either; control characters are refused in every text.
  const name = text.map((value) => value.replace(/\p{Cc}/gu, '').trim()).filter((value) => value !== '');
  const instant = fc
    .integer({ min: 1_700_000_000, max: 1_800_000_000 })
    .map((seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', '+00:00'));
  const row = fc.record(
    {
      caller_id: fc.integer({ min: 0, max: 999 }).map((n) => `+441632960${String(n).padStart(3, '0')}`),
      caller_id_name: name,
      campaign_name: name,
      campaign_info: name,
      external_id: name,
      status: fc.constantFrom(...STATUSES.filter((status) => status !== 'pending' && status !== 'inprogress')),
      last_result: fc.constantFrom(...RESULTS),
      priority: fc.integer({ min: -1000, max: 1000 }),
      schedule: instant,
      created_at: instant,
      first_missed_at: instant,
      last_attempt_at: instant,
      retries: fc.nat({ max: 9 }),
      missed_count: fc.nat({ max: 9 }),
      claimed_by: name,
      vars: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), name, { maxKeys: 3 }),
    },
    { requiredKeys: ['caller_id', 'created_at'] },
  );

  it.each(['csv', 'tsv', 'jsonl'])('give equal rows by %s, whatever they hold', async (format) => {
    const rows = fc
      .sample(row, { numRuns: 300, seed: 20261124 })
      .map((members, index) => ({ id: index + 1, ...members }));
    place.write('in.jsonl', rows.map((members) => `${JSON.stringify(members)}\n`).join(''));
    const first = await place.run(['import', 'in.jsonl', '--keep-ids']);
    expect(first.stderr).toBe('');
    const before = await stored();
    expect(before).toHaveLength(300);

    await place.run(['export', '--output', `out.${format}`]);
    const second = createWorkplace(place.env);
    try {
      const outcome = await second.run(['import', place.path(`out.${format}`), '--keep-ids']);
      expect(outcome).toEqual({ code: 0, stdout: '300 calls imported\n', stderr: '' });
      const { stdout } = await second.run(['list', '--json', '--page-size', '1000']);
      const strip = (all: Row[]) => all.map(({ updated_at, ...members }) => members);
      expect(strip(JSON.parse(stdout))).toEqual(strip(before));
    } finally {
      await second.remove();
    }
  });
});

describe('list', () => {
  it('shows a table with names that cannot move the cursor', async () => {
    place.write('calls.jsonl', '{"caller_id":"+441632960001","caller_id_name":"Ann \\u202eevil","priority":3}\n');
    await place.run(['import', 'calls.jsonl']);
    const { stdout, stderr } = await place.run(['list', '--caller-id', '00441632960001', '--sort', '-priority']);
    expect(stdout).toMatch(/^id +project_id +status +caller_id +caller_id_name/);
    expect(stdout).toMatch(/\n1 +1 +pending +\+441632960001 +Ann \ufffdevil +3 /);
    expect(stderr).toBe('page 1 of 1, 1 call\n');
  });

  it('pages', async () => {
    place.write('calls.csv', `caller_id\n${'+441632960001\n'.repeat(5)}`);
    await place.run(['import', 'calls.csv']);
    const { stdout, stderr } = await place.run(['list', '--page', '2', '--page-size', '2', '--sort', '-id', '--json']);
    expect(JSON.parse(stdout).map(({ id }: Row) => id)).toEqual([3, 2]);
    expect(stderr).toBe('page 2 of 3, 5 calls\n');
  });

  it('says so when there is no database yet, and makes none', async () => {
    const { code, stderr } = await place.run(['list']);
    expect(code).toBe(1);
    expect(stderr).toContain(place.path('data/callqueue.db'));
    expect(() => place.read('data/callqueue.db')).toThrow('ENOENT');
  });
});
