import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type QueueLogPosition, readQueueLog } from '../../src/pbx/asterisk/queue-log-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const T = 1_795_465_000;
/** A line of the record, whose number is also its time. */
const line = (n: number) => `${T + n}|1.${n}|sales|NONE|ABANDON|1|1|7\n`;
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => line(from + n)).join('');
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

/** A record in a folder of its own, and a reader that remembers its place as text, as a database would. */
function record() {
  const path = join(tempFolder(), 'queue_log');
  let stored: string | undefined;
  return {
    path,
    write: (text: string) => appendFileSync(path, text),
    /** Everything there is to read, and whether something was lost. */
    async read(maxBytes = 1024 ** 2) {
      const seen: number[] = [];
      let hasGap = false;
      for (let turn = 0; turn < 1000; turn += 1) {
        const from: QueueLogPosition | undefined = stored === undefined ? undefined : JSON.parse(stored);
        const batch = await readQueueLog({ path, from, maxBytes });
        seen.push(...batch.lines.map(({ at }) => at - T));
        hasGap ||= batch.isGap;
        if (batch.position !== undefined) stored = JSON.stringify(batch.position);
        if (batch.isAtEnd) return { seen, hasGap };
      }
      throw new Error('reading found no end');
    },
  };
}

describe('following queue_log', () => {
  it('begins with what comes from then on, at the first complete line', async () => {
    const { write, read } = record();
    write(lines(1, 3));
    write(line(4).slice(0, 20));
    expect(await read()).toEqual({ seen: [], hasGap: false });
    write(line(4).slice(20) + line(5));
    expect(await read()).toEqual({ seen: [4, 5], hasGap: false });
    expect(await read()).toEqual({ seen: [], hasGap: false });
  });

  it('waits for the rest of a line that is half written, cut anywhere', async () => {
    const { write, read } = record();
    write(line(0));
    await read();
    for (const [n, cut] of [...line(1)].entries()) {
      write(cut);
      expect((await read()).seen).toEqual(n === line(1).length - 1 ? [1] : []);
    }
  });

  it('passes over lines that are none', async () => {
    const { write, read } = record();
    write('');
    await read();
    write(`${line(1)}\n|||\nnonsense\r\n${line(2).replace('\n', '\r\n')}`);
    expect((await read()).seen).toEqual([1, 2]);
  });

  it('reads in pieces, however small, and passes over a line longer than one', async () => {
    const { write, read } = record();
    write(line(0));
    await read();
    write(`${lines(1, 50)}${'x'.repeat(1000)}\n${lines(51, 60)}`);
    expect((await read(100)).seen).toEqual(range(1, 60));
  });

  it('finishes the file that was renamed before it goes on with the new one', async () => {
    const { path, write, read } = record();
    write(lines(1, 2));
    await read();
    write(line(3));
    renameSync(path, `${path}.1`);
    // Asterisk goes on writing there until it is told to open its files again.
    appendFileSync(`${path}.1`, line(4));
    expect(await read()).toEqual({ seen: [3, 4], hasGap: false });
    writeFileSync(path, '');
    appendFileSync(`${path}.1`, line(5));
    expect(await read()).toEqual({ seen: [5], hasGap: false });
    write(line(6));
    expect(await read()).toEqual({ seen: [6], hasGap: false });
  });

  it('goes through several rotations, whatever the old files are called', async () => {
    const { path, write, read } = record();
    write(lines(1, 5));
    await read();
    write(lines(6, 7));
    renameSync(path, `${path}-20261124`);
    writeFileSync(`${path}-20261125`, lines(8, 9));
    writeFileSync(`${path}-20261123`, lines(-9, -5));
    writeFileSync(`${path}-20261126`, lines(10, 11).slice(0, -5));
    write(lines(12, 13));
    // The last line of the third was cut: it is no line.
    expect(await read(100)).toEqual({ seen: [6, 7, 8, 9, 10, 12, 13], hasGap: false });
  });

  it('finds its place in the copy when the file was copied and emptied', async () => {
    const { path, write, read } = record();
    write(lines(1, 3));
    await read();
    write(line(4));
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    expect((await read()).seen).toEqual([4]);
    write(line(5));
    expect(await read()).toEqual({ seen: [5], hasGap: false });
  });

  it('says that there is a gap when the file was emptied, or is another one, and reads what is there', async () => {
    const emptied = record();
    emptied.write(lines(1, 3));
    await emptied.read();
    truncateSync(emptied.path);
    expect(await emptied.read()).toEqual({ seen: [], hasGap: false });
    emptied.write(line(9));
    expect(await emptied.read()).toEqual({ seen: [9], hasGap: true });
    // In place, so with the same inode, and longer than before.
    writeFileSync(emptied.path, lines(20, 40));
    expect(await emptied.read()).toEqual({ seen: range(20, 40), hasGap: true });
  });

  it('says that there is a gap when the old file was packed', async () => {
    const { path, write, read } = record();
    write(lines(1, 3));
    await read();
    rmSync(path);
    writeFileSync(`${path}.1.gz`, 'packed');
    write(lines(8, 9));
    expect(await read()).toEqual({ seen: [8, 9], hasGap: true });
    expect(await read()).toEqual({ seen: [], hasGap: false });
  });

  it('waits for a file that is not there yet', async () => {
    const { path, write, read } = record();
    expect(await read()).toEqual({ seen: [], hasGap: false });
    write(lines(1, 2));
    await read();
    rmSync(path);
    expect(await read()).toEqual({ seen: [], hasGap: false });
  });

  it.skipIf(process.platform !== 'linux')(
    'is not held up by folders of like names, and leaves no file open',
    async () => {
      const { path, write, read } = record();
      mkdirSync(`${path}.d`);
      write(line(1));
      const descriptors = () => readdirSync('/proc/self/fd').length;
      await read();
      const before = descriptors();
      for (let n = 2; n < 12; n += 1) {
        write(line(n));
        expect((await read()).seen).toEqual([n]);
      }
      expect(descriptors()).toBeLessThanOrEqual(before + 2);
    },
  );

  it('fails plainly when the folder is not there', async () => {
    await expect(readQueueLog({ path: join(tempFolder(), 'none/queue_log'), from: undefined })).rejects.toThrow(
      'ENOENT',
    );
  });
});
