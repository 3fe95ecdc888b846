import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../client/src/contract.ts';
import { NumberText } from '../../client/src/php-query.ts';
import type { FileRow } from '../../src/wire/row-file/file-row.ts';
import { readRows } from '../../src/wire/row-file/read-rows.ts';
import { formatOfName, type RowFormat } from '../../src/wire/row-file/row-format.ts';
import { guardCell, unguardCell } from '../../src/wire/row-file/spreadsheet-cell.ts';
import { createRowWriter, sourceOf } from '../../src/wire/row-file/write-rows.ts';

async function* bytes(content: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(content as string);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function rowsOf(content: string | Uint8Array, format: RowFormat = 'csv', size?: number): Promise<FileRow[]> {
  const rows: FileRow[] = [];
  for await (const row of readRows(bytes(content, size), format)) rows.push(row);
  return rows;
}

const membersOf = (rows: readonly FileRow[]) => rows.map(({ members }) => Object.fromEntries(members));

describe('cells for spreadsheets', () => {
  it.each(['=HYPERLINK("http://a.example")', '@SUM(A1)', '\tx', '\rx', '\nx', '+cmd', '-1+2', '+', '+49 30 23125001'])(
    'quote what a spreadsheet would compute: %j',
    (text) => {
      expect(guardCell(text)).toBe(`'${text}`);
      expect(unguardCell(guardCell(text))).toBe(text);
    },
  );

  it.each(['+40722123456', '-5', 'plain', "O'Brien", "'quoted'", '', 'a=b'])('leave %j as it is', (text) => {
    expect(guardCell(text)).toBe(text);
    expect(unguardCell(text)).toBe(text);
  });

  it('come back as they were, whatever they hold', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom("'", '=', '+', '-', '@', '\t', '\\', 'N', '1') }),
    );
    fc.assert(
      fc.property(text, (original) => {
        const cell = guardCell(original);
        expect(unguardCell(cell)).toBe(original);
        expect(cell).not.toMatch(/^[=@\t\r\n]|^[+-](?![0-9]+$)/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('reading rows', () => {
  it.each([
    ['csv', 'caller_id,caller_id_name\n+441632960001,Ann\n'],
    ['csv', 'caller_id,caller_id_name\r\n+441632960001,"Ann"'],
    ['csv', '\ufeffcaller_id;caller_id_name\r\n+441632960001;Ann\r\n'],
    ['csv', '\n\ncaller_id,caller_id_name\n\n+441632960001,Ann\n\n'],
    ['tsv', 'caller_id\tcaller_id_name\n+441632960001\tAnn\n'],
    ['jsonl', '{"caller_id":"+441632960001","caller_id_name":"Ann"}\n'],
    ['jsonl', '\n{"caller_id":"+441632960001","caller_id_name":"Ann"}'],
  ] as const)('understands %s: %j', async (format, content) => {
    for (const size of [1, 3, 1000]) {
      const rows = await rowsOf(content, format, size);
      expect(membersOf(rows)).toEqual([{ caller_id: '+441632960001', caller_id_name: 'Ann' }]);
    }
  });

  it('takes an empty cell and \\N as null', async () => {
    expect(membersOf(await rowsOf('caller_id,dnid,external_id\n123,,\\N\n'))).toEqual([{ caller_id: '123' }]);
  });

  it('keeps the digits of JSON numbers', async () => {
    const [row] = await rowsOf('{"external_id":9007199254740993}', 'jsonl');
    const value = row?.members.get('external_id');
    expect(value instanceof NumberText && value.text).toBe('9007199254740993');
  });

  it('counts lines as an editor does, also over cells with line ends and empty lines', async () => {
    const csv = 'caller_id,caller_id_name\r\n1,"a\r\nb"\r\n\r\n2,"c\n\nd"\r\n3,e\r\n';
    expect((await rowsOf(csv)).map(({ line }) => line)).toEqual([2, 5, 8]);
    expect((await rowsOf('{"a":1}\n\n{"a":2}\n', 'jsonl')).map(({ line }) => line)).toEqual([1, 3]);
  });

  it('names a row whose cells do not fit the header, and goes on', async () => {
    const rows = await rowsOf('caller_id,dnid\n1,2,3\n4\n5,6\n');
    expect(rows.map(({ mistake }) => mistake)).toEqual([
      '3 cells, but the header has 2',
      '1 cells, but the header has 2',
      undefined,
    ]);
  });

  it('names a line that is no JSON object, and goes on', async () => {
    const rows = await rowsOf('{"caller_id":\n[1]\n{"caller_id":"5"}\n', 'jsonl');
    expect(rows.map(({ mistake }) => mistake !== undefined)).toEqual([true, true, false]);
    expect(rows[0]?.mistake).toMatch(/^Invalid JSON at column 14: /);
  });

  it.each([
    ['', /the file is empty/],
    ['\n\n', /the file is empty/],
    ['caller_id,colour,dnid,colour\n', /header line: unknown column "colour".*expected some of id, project_id/],
    ['caller_id,dnid,caller_id\n', /header line: column caller_id stands there twice/],
    ['caller_id\n1\n"2\n3\n', /line 3: a quote is opened and never closed/],
    ['caller_id\n1\n"2"x\n', /line 3: text behind a closing quote/],
    [`caller_id\n"${'x'.repeat(3_000_000)}`, /line 2: a row longer than 1 MiB/],
    [
      Buffer.from([...Buffer.from('caller_id_name\nM'), 0xfc, ...Buffer.from('ller\n')]),
      /not UTF-8 at line 1 or after/,
    ],
    [Buffer.from('\ufeffcaller_id\n', 'utf16le'), /this is UTF-16/],
    [Buffer.from([0x1f, 0x8b, 8, 0, 0]), /compressed: give its name the ending \.gz/],
  ])('ends with a clear sentence where nothing after can be trusted: %#', async (content, message) => {
    await expect(rowsOf(content, 'csv', 70_000)).rejects.toThrow(message);
  });

  it('ends a line of JSON without end', async () => {
    await expect(rowsOf(`{}\n{"a":"${'x'.repeat(3_000_000)}`, 'jsonl', 70_000)).rejects.toThrow(
      /line 2: longer than 1 MiB/,
    );
  });

  it('gives bad rows back as they stood', async () => {
    const [row] = await rowsOf('caller_id,caller_id_name\n"a ""b""",\'=1,\n', 'csv');
    expect(row && sourceOf(row, 'csv')).toEqual({
      head: 'caller_id,caller_id_name\n',
      line: '"a ""b""",\'=1,\n',
    });
  });
});

describe('the name of a file', () => {
  it.each([
    ['calls.csv', 'csv'],
    ['CALLS.CSV', 'csv'],
    ['a.b/calls.tsv.gz', 'tsv'],
    ['calls.ndjson', 'jsonl'],
    ['calls.csv.bak', undefined],
    ['-', undefined],
  ])('%s says %s', (name, format) => {
    expect(formatOfName(name)).toBe(format);
  });
});

describe('writing rows', () => {
  it('gives every format a header or keys in the order of the API', () => {
    expect(createRowWriter('csv').head).toMatch(/^id,project_id,inbound_route_id,.*,created_at,updated_at\n$/);
    expect(createRowWriter('tsv').head).toMatch(/^id\tproject_id\t/);
    expect(createRowWriter('jsonl').head).toBe('');
  });

  it('writes null as nothing and vars as JSON', () => {
    const row = {
      id: 7,
      caller_id: '+441632960001',
      caller_id_name: 'A "B", C',
      vars: { lang: 'en' },
    } as unknown as Row;
    const line = createRowWriter('csv').line(row);
    expect(line.startsWith('7,,,,,,+441632960001,"A ""B"", C",')).toBe(true);
    expect(line).toContain('"{""lang"":""en""}"');
  });
});
