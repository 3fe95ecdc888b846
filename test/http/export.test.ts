import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CursorPagination, type Row, STATUSES } from '../../client/src/contract.ts';
import { startTestApp, type TestAnswer, type TestApp } from '../support/app.ts';
import { makeCall } from '../support/make-call.ts';
import { openSocket } from '../support/raw-http.ts';

const EXPORT = '/api/call-queue/export';

/** All rows that a read of these filters answers, page by page. */
async function readAll(app: TestApp, parameters: object): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const answer: TestAnswer<Row> = await app.post<Row>({ action: 'read', page_size: 1000, cursor, ...parameters });
    expect([answer.status, answer.body.messages]).toEqual([200, []]);
    rows.push(...answer.body.results);
    cursor = (answer.body.pagination as CursorPagination).next_cursor;
  }
  return rows;
}

function rowsOf(jsonLines: string): Row[] {
  return jsonLines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('an export', () => {
  it('is a file of csv by default, safe to open in a spreadsheet', async () => {
    await using app = await startTestApp({
      calls: [
        makeCall({ callerId: '+441632960001', callerIdName: '=HYPERLINK("http://a.example")', campaignName: '-1+2' }),
      ],
    });
    const answer = await app.fetch(EXPORT);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="calls.csv"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const [head, line, end] = (await answer.text()).split('\n');
    expect(head).toMatch(/^id,project_id,inbound_route_id,source,/);
    expect(line).toContain(`,+441632960001,"'=HYPERLINK(""http://a.example"")",`);
    expect(line).toContain(`,'-1+2,`);
    expect(end).toBe('');
  });

  it.each([
    ['tsv', 'text/tab-separated-values; charset=utf-8; header=present', /^id\tproject_id\t/],
    ['jsonl', 'application/x-ndjson; charset=utf-8', /^{"id":1,"project_id":1,/],
  ])('is %s when that is asked for, by GET and by POST', async (format, type, text) => {
    await using app = await startTestApp({ calls: [makeCall({})] });
    const got = await app.fetch(`${EXPORT}?format=${format}`);
    const posted = await app.fetch(EXPORT, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ format, filters: { status: STATUSES }, time_format: null }),
    });
    const first = await got.text();
    expect([got.status, got.headers.get('content-type')]).toEqual([200, type]);
    expect(first).toMatch(text);
    expect(await posted.text()).toBe(first);
  });

  it('of nothing is a header, or nothing', async () => {
    await using app = await startTestApp();
    expect((await (await app.fetch(EXPORT)).text()).split('\n')).toEqual([expect.stringMatching(/^id,/), '']);
    expect(await (await app.fetch(`${EXPORT}?format=jsonl`)).text()).toBe('');
  });

  it('holds the rows that a read of the same filters answers, whatever they are', async () => {
    const calls = Array.from({ length: 1500 }, (_, index) =>
      makeCall({
        callerId: `+44163296${String(index % 1000).padStart(4, '0')}`,
        status: STATUSES[index % STATUSES.length] ?? 'pending',
        campaignName: ['autumn', 'winter', null][index % 3] ?? null,
        priority: (index % 7) - 3,
        schedule: index % 4 === 0 ? null : 1_795_000_000 + index,
      }),
    );
    await using app = await startTestApp({ calls });
    const filters = fc.record(
      {
        status: fc.subarray([...STATUSES], { minLength: 1 }),
        campaign: fc.constantFrom('autumn', 'winter', 'nowhere'),
        schedule_null: fc.boolean(),
        due: fc.boolean(),
        id: fc.array(fc.integer({ min: 1, max: 1600 }), { minLength: 1, maxLength: 20 }),
      },
      { requiredKeys: [] },
    );
    const timeFormat = fc.constantFrom('local', 'rfc3339');
    await fc.assert(
      fc.asyncProperty(filters, timeFormat, async (given, time_format) => {
        const body = JSON.stringify({ format: 'jsonl', filters: given, time_format });
        const answer = await app.fetch(EXPORT, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        expect(rowsOf(await answer.text())).toEqual(await readAll(app, { filters: given, time_format }));
      }),
      { numRuns: 25, seed: 20261124 },
    );
  });

  it('is narrowed to the projects of the token', async () => {
    const projects = [1, 2].map((id) => ({ id, name: `Project ${id}` }));
    await using app = await startTestApp({
      settings: { projects },
      calls: [makeCall({ projectId: 1 }), makeCall({ projectId: 2 })],
    });
    const { token } = await app.addToken({ projectIds: [2], scope: 'read' });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await app.fetch(`${EXPORT}?format=jsonl`, { headers });
    expect(rowsOf(await answer.text()).map(({ project_id }) => project_id)).toEqual([2]);
    const other = await app.fetch(`${EXPORT}?filters[project_id]=1`, { headers });
    expect(other.status).toBe(403);
  });

  it.each([
    ['?format=xlsx', ['Invalid value for format: xlsx (expected csv, tsv, jsonl)']],
    [
      '?page=2&filters[due]=perhaps',
      ['Invalid parameter: page', 'Invalid value for filter due: perhaps (expected true or false)'],
    ],
    ['?action=read', ['Invalid action: read (the address names export; they must agree)']],
  ])('of %s is refused in the envelope', async (query, expected) => {
    await using app = await startTestApp();
    const answer = await app.fetch(EXPORT + query);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBeNull();
    expect(((await answer.json()) as { messages: string[] }).messages).toEqual(expected);
  });

  it('is compressed for who asks', async () => {
    await using app = await startTestApp({ calls: [makeCall({})] });
    const plain = await (await app.fetch(EXPORT, { headers: { 'accept-encoding': 'identity' } })).text();
    const socket = await openSocket(app.url);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.write(
      `GET ${EXPORT} HTTP/1.0\r\nHost: test\r\nAuthorization: Bearer ${app.token}\r\nAccept-Encoding: gzip\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('close', resolve));
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\r\n\r\n');
    expect(answer.subarray(0, end).toString().toLowerCase()).toContain('content-encoding: gzip');
    expect(gunzipSync(answer.subarray(end + 4)).toString()).toBe(plain);
  });

  it('shows one moment, whatever changes while it is taken', async () => {
    const calls = Array.from({ length: 20_000 }, () => makeCall({ vars: { note: 'x'.repeat(500) } }));
    await using app = await startTestApp({ calls });
    const answer = await app.fetch(`${EXPORT}?format=jsonl`);
    const reader = answer.body?.getReader();
    if (reader === undefined) throw new Error('There is no body');
    const chunks = [(await reader.read()).value];
    // Meanwhile the last call is cancelled, and new ones come.
    await app.post({ action: 'cancel', data: { ids: [20_000] } });
    await app.post({ action: 'save', data: { project_id: 1, calls: [{ caller_id: '+441632960001' }] } });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
    }
    const rows = rowsOf(Buffer.concat(chunks as Uint8Array[]).toString());
    expect(rows).toHaveLength(20_000);
    expect(rows.at(-1)?.status).toBe('pending');
  });

  it('that nobody takes to its end leaves nothing open, and eight at a time is the most', async () => {
    const calls = Array.from({ length: 20_000 }, () => makeCall({ vars: { note: 'x'.repeat(500) } }));
    await using app = await startTestApp({ calls });
    const sockets = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const socket = await openSocket(app.url);
        socket.write(`GET ${EXPORT} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ${app.token}\r\n\r\n`);
        await new Promise((resolve) => socket.once('data', resolve));
        socket.pause();
        return socket;
      }),
    );
    const refused = await app.fetch(EXPORT);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    for (const socket of sockets) socket.destroy();
    const status = async () => {
      const answer = await app.fetch(`${EXPORT}?filters[id]=1`);
      await answer.text();
      return answer.status;
    };
    await expect.poll(status, { timeout: 5000 }).toBe(200);
    const brokenOff = app.logLines.filter((line) => line.includes('export broken off'));
    expect(brokenOff.map((line) => JSON.parse(line).level)).toEqual(Array(8).fill('info'));
  });
});
