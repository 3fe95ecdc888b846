import { closeSync, openSync, writeSync } from 'node:fs';
import { type FileRow, type RowFormat, sourceOf } from '../app/row-files.ts';
import { CommandFailedError } from './command-errors.ts';
import { printable } from './printable.ts';

export interface BadRows {
  /** Tells it, and keeps it if there is a file. */
  add(row: FileRow, mistakes: readonly string[]): void;
  /** May be called twice. */
  end(): void;
}

/** More would push the beginning off the screen. */
const TOLD = 20;

/** Rows that cannot be imported: the first are told, all are written to `file` if there is one, as they were. */
export function createBadRows({
  file,
  format,
  tell,
}: {
  file: string | undefined;
  format: RowFormat;
  tell: (line: string) => void;
}): BadRows {
  let count = 0;
  let descriptor: number | undefined;
  let isEnded = false;
  return {
    add(row, mistakes) {
      count++;
      if (count <= TOLD) tell(`line ${row.line}: ${printable(mistakes.join('; '))}`);
      if (file === undefined) return;
      const { head, line } = sourceOf(row, format);
      if (descriptor === undefined) {
        descriptor = create(file);
        writeSync(descriptor, head);
      }
      writeSync(descriptor, line);
    },
    end() {
      if (isEnded) return;
      isEnded = true;
      if (count > TOLD) tell(`… and ${count - TOLD} more`);
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

function create(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (cause) {
    throw new CommandFailedError(`Bad rows cannot be written to ${file}: ${(cause as Error).message}`, { cause });
  }
}
