import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const MAX_LINES = 500;

interface Import {
  from: string;
  /** A path below the root, `node:…`, or the name of a package. */
  to: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|tsx|js)$/.test(name) && !/(^|\/)(node_modules|dist)\//.test(name))
    .map((name) => join(folder, name));
}

const text = (file: string) => readFileSync(join(root, file), 'utf8');

/** Without comments, so that words in prose are not taken for code. Strings stay. */
const code = (file: string) => text(file).replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/.*$/gm, '');

/** Static and dynamic imports, `import type` and re-exports included. */
function importsOf(file: string): Import[] {
  const found = code(file).matchAll(
    /(?:^|[\s;}])(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?<!['"\w.])import\s*\(?\s*['"]([^'"]+)['"]/g,
  );
  return [...found].map((match) => {
    const name = (match[1] ?? match[2]) as string;
    if (name === '#client') return { from: file, to: 'client/src/index.ts' };
    if (name.startsWith('#client/')) return { from: file, to: `client/src/${name.slice('#client/'.length)}.ts` };
    return { from: file, to: name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name };
  });
}

const CONTRACT = 'client/src/contract.ts';
const PHP = ['client/src/php-query.ts', 'client/src/api-hash.ts'];
/** Libraries without any input or output, which the core may use. */
const PURE_LIBRARIES = ['libphonenumber-js/max', 'libphonenumber-js/package.json', 'temporal-polyfill', 'node:assert'];
/** How settings of a PBX are written: pure readers, which stand beside what they are read for. */
const WRITTEN_IN_SETTINGS = ['ami-address', 'inbound-contexts', 'queue-log-table-address'].map(
  (name) => `src/pbx/asterisk/${name}.ts`,
);
const isPackage = (to: string) => !to.includes('/src/') && !to.startsWith('src/') && !to.startsWith('client/');

/** Which imports a file may have: the table of docs/architecture.md. The first rule whose place fits decides. */
const RULES: { place: RegExp; may: (to: string, from: string) => boolean }[] = [
  { place: /^client\/src\//, may: (to) => to.startsWith('client/src/') },
  { place: /^src\/core\//, may: (to) => to.startsWith('src/core/') || to === CONTRACT || PURE_LIBRARIES.includes(to) },
  {
    place: /^src\/wire\//,
    may: (to) =>
      to.startsWith('src/wire/') || to.startsWith('src/core/') || [CONTRACT, ...PHP].includes(to) || isPackage(to),
  },
  {
    place: /^src\/store\/lists\//,
    may: (to) => to.startsWith('src/store/lists/') || to.startsWith('src/core/') || to === CONTRACT,
  },
  {
    place: /^src\/(store|pbx)\//,
    may: (to, from) =>
      to.startsWith(`${from.split('/').slice(0, 3).join('/')}/`) ||
      (from.startsWith('src/store/') && to.startsWith('src/store/lists/')) ||
      to.startsWith('src/core/') ||
      to.startsWith('src/threads/') ||
      to === CONTRACT ||
      isPackage(to),
  },
  { place: /^src\/threads\//, may: (to) => to.startsWith('src/threads/') || isPackage(to) },
  {
    place: /^src\/http\//,
    may: (to) =>
      to.startsWith('src/http/') ||
      to.startsWith('src/wire/') ||
      to.startsWith('src/core/') ||
      to === CONTRACT ||
      isPackage(to),
  },
  {
    place: /^src\/config(\/|\.ts|-)/,
    may: (to) =>
      /^src\/(config|core\/)/.test(to) || to === CONTRACT || isPackage(to) || WRITTEN_IN_SETTINGS.includes(to),
  },
  { place: /^src\/app(\/|\.ts|-)/, may: (to) => !/^src\/(cli\/|main\.ts)/.test(to) },
  {
    place: /^src\/(cli\/|main\.ts)/,
    may: (to) => /^(src\/(cli\/|app|config)|client\/src\/)/.test(to) || to === 'src/core/errors.ts' || isPackage(to),
  },
  { place: /^src\/[^/]+\.ts$/, may: (to) => to.startsWith('src/core/') || isPackage(to) },
];

const files = [...sources('src'), ...sources('client/src')];
const imports = files.flatMap(importsOf);

describe('the architecture', () => {
  it('finds files and imports to judge', () => {
    expect(files.length).toBeGreaterThan(10);
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it('lets imports point only in the allowed directions', () => {
    const wrong = imports.filter(({ from, to }) => {
      const rule = RULES.find(({ place }) => place.test(from));
      return rule === undefined || !rule.may(to, from);
    });
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('judges a wrong direction as wrong', () => {
    const may = (from: string, to: string) => RULES.find(({ place }) => place.test(from))?.may(to, from);
    expect(may('src/core/call.ts', 'node:fs')).toBe(false);
    expect(may('src/core/call.ts', 'src/wire/row.ts')).toBe(false);
    expect(may('src/store/sqlite/a.ts', 'src/wire/row.ts')).toBe(false);
    expect(may('src/store/sqlite/a.ts', 'src/store/postgres/b.ts')).toBe(false);
    expect(may('src/store/lists/a.ts', 'src/store/sqlite/b.ts')).toBe(false);
    expect(may('src/store/lists/a.ts', 'postgres')).toBe(false);
    expect(may('src/pbx/asterisk/a.ts', 'src/store/lists/b.ts')).toBe(false);
    expect(may('src/wire/a.ts', 'src/store/sqlite/b.ts')).toBe(false);
    expect(may('src/http/a.ts', 'src/store/sqlite/b.ts')).toBe(false);
    expect(may('src/cli/a.ts', 'src/wire/row.ts')).toBe(false);
    expect(may('src/config/a.ts', 'src/pbx/asterisk/ami-connection.ts')).toBe(false);
    expect(may('client/src/a.ts', 'src/core/call.ts')).toBe(false);
    expect(may('client/src/a.ts', 'node:crypto')).toBe(false);
  });

  it('has no import cycles, types included', () => {
    const next = Map.groupBy(imports, ({ from }) => from);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      if (done.has(file)) return;
      for (const { to } of next.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it(`keeps every file under ${MAX_LINES} lines`, () => {
    const own = [...files, ...sources('test'), ...sources('bench'), ...sources('scripts'), ...sources('examples')];
    const long = own.filter((file) => text(file).split('\n').length > MAX_LINES);
    expect(long).toEqual([]);
  });

  it('touches process.env and process.exit only where a process begins', () => {
    const outside = files.filter((file) => !/^src\/(main\.ts|cli\/|config)/.test(file));
    expect(outside.filter((file) => /\bprocess\s*\.\s*(env|exit|exitCode)\b/.test(code(file)))).toEqual([]);
  });

  it('prints nothing by console', () => {
    expect(files.filter((file) => /\bconsole\s*\./.test(code(file)))).toEqual([]);
  });

  it('uses neither wall clock, timers nor chance in the core, so that it can be replayed', () => {
    const core = files.filter((file) => file.startsWith('src/core/') && file !== 'src/core/clock.ts');
    expect(core.filter((file) => /\bDate\.now|\bsetTimeout|\bsetInterval|\bMath\.random/.test(code(file)))).toEqual([]);
  });
});
