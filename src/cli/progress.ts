import type { Surroundings } from './command.ts';

export interface Progress {
  /** So many rows by now. */
  show(rows: number): void;
  /** Shows something else above the running line. */
  line(text: string): void;
  /** Takes the running line away. */
  end(): void;
}

const SHOW_EVERY_MS = 200;

/** A running line with the rows so far and their speed; on a terminal only. */
export function createProgress(stream: Surroundings['stderr'] | undefined): Progress {
  const terminal = stream?.isTTY ? stream : undefined;
  const begunMs = performance.now();
  let shownMs = 0;

  const clear = () => terminal?.write('\r\x1b[K');
  return {
    show(rows) {
      const nowMs = performance.now();
      if (terminal === undefined || nowMs - shownMs < SHOW_EVERY_MS) return;
      shownMs = nowMs;
      const perSecond = Math.round(rows / ((nowMs - begunMs) / 1000));
      terminal.write(`\r\x1b[K${rows.toLocaleString('en')} rows, ${perSecond.toLocaleString('en')} rows/s`);
    },
    line(text) {
      clear();
      stream?.write(`${text}\n`);
    },
    end: clear,
  };
}
