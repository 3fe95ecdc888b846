import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MISSED_KINDS } from '../client/src/contract.ts';
import { loadSettings } from '../src/config.ts';
import { EVENTS_READ } from '../src/pbx/asterisk/asterisk-pbx.ts';
import { INBOUND_CONTEXTS } from '../src/pbx/asterisk/inbound-contexts.ts';
import { tempFolder } from './support/temp-folder.ts';

const textOf = (page: string) => readFileSync(join(import.meta.dirname, '../docs', page), 'utf8');
const blocksOf = (page: string, language: string) =>
  [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  );

/** Of which the connection itself takes notice. */
const OF_THE_CONNECTION = ['FullyBooted', 'Shutdown'];

function settingsOf(yaml: string) {
  const folder = tempFolder();
  writeFileSync(join(folder, 'callqueue.yaml'), yaml);
  return loadSettings({ env: {}, cwd: folder });
}

describe('docs/asterisk.md', () => {
  const page = textOf('asterisk.md');
  const read = [...OF_THE_CONNECTION, ...EVENTS_READ].sort();

  test('has an event filter that lets through just what is read', () => {
    const names = [...page.matchAll(/^eventfilter\(action\(include\),name\((\w+)\)/gm)].map(([, name]) => name);
    expect(names.sort()).toEqual(read);
  });

  test('has the same filter for older releases', () => {
    const [, names = ''] = /^eventfilter = Event: \((.*)\)$/m.exec(page) ?? [];
    expect(names.split('|').sort()).toEqual(read);
  });

  test('narrows the filter only by what is passed over when it is read', () => {
    const narrowed = [...page.matchAll(/^eventfilter.*name\((\w+)\),header\((\w+)\),method\(exact\)\) = (\w+)$/gm)];
    expect(narrowed.map(([, ...parts]) => parts)).toEqual([
      ['Newexten', 'Application', 'Queue'],
      ['VarSet', 'Variable', 'QUEUESTATUS'],
    ]);
  });

  test('names the contexts that are the default', () => {
    for (const context of INBOUND_CONTEXTS) expect(page).toContain(`\`${context}\``);
  });

  test('has settings that are accepted', () => {
    const blocks = blocksOf('asterisk.md', 'yaml');
    expect(blocks.length).toBeGreaterThan(2);
    for (const block of blocks) expect(settingsOf(block).pbx.url, block).toMatch(/^amis?:/);
  });

  test('never tells to give the user a dangerous right', () => {
    for (const [, rights = ''] of page.matchAll(/^write = (.*)$/gm)) expect(rights).toBe('reporting');
  });
});

describe('docs/missed-calls.md', () => {
  test('explains every kind of missed call', () => {
    const kinds = [...textOf('missed-calls.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
    expect(kinds).toEqual([...MISSED_KINDS]);
  });

  test('has settings that are accepted', () => {
    const [kinds = '', routes = ''] = blocksOf('missed-calls.md', 'yaml');
    expect(settingsOf(kinds).projects[0]?.missedCalls).toMatchObject({ shortestWaitSeconds: 3 });
    expect(settingsOf(routes).inboundRoutes.map(({ id }) => id)).toEqual([12, 13, 20, 99]);
  });
});
