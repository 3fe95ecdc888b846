import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the server sent over one recorded connection, as the socket delivered it. */
export interface RecordedConnection {
  chunks: Buffer[];
}

const FOLDER = join(import.meta.dirname, '../fixtures/asterisk-ami');

export const recordingNames: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.slice(0, -'.jsonl'.length))
  .sort();

interface Entry {
  dir: 'S' | 'C' | '#';
  b64?: string;
  note?: string;
}

/** The connections of a recording, one after the other: most have one, those with a restart two. */
export function readRecording(name: string): RecordedConnection[] {
  const connections: RecordedConnection[] = [];
  for (const entry of entriesOf(name)) {
    if (entry.dir === '#' && entry.note === 'TCP connected') connections.push({ chunks: [] });
    else if (entry.dir === 'S') connections.at(-1)?.chunks.push(Buffer.from(entry.b64 ?? '', 'base64'));
  }
  return connections;
}

/** What the client sent, all connections together. */
export function sentInRecording(name: string): Buffer {
  const sent = entriesOf(name).filter(({ dir }) => dir === 'C');
  return Buffer.concat(sent.map(({ b64 = '' }) => Buffer.from(b64, 'base64')));
}

function entriesOf(name: string): Entry[] {
  const lines = readFileSync(join(FOLDER, `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Entry);
}

/** The chunks of a connection without the banner, which a server says before the login: borders stay where they were. */
export function withoutBanner(chunks: readonly Buffer[]): Buffer[] {
  const length = Buffer.concat(chunks).indexOf('\r\n') + 2;
  let left = length;
  return chunks
    .map((chunk) => {
      const taken = Math.min(left, chunk.length);
      left -= taken;
      return chunk.subarray(taken);
    })
    .filter((chunk) => chunk.length > 0);
}

export const WAYS_OF_CUTTING = ['as it was read', 'byte by byte', 'joined'] as const;

/** The same bytes, otherwise cut. */
export function cut(chunks: readonly Buffer[], way: (typeof WAYS_OF_CUTTING)[number]): Buffer[] {
  if (way === 'as it was read') return [...chunks];
  const joined = Buffer.concat(chunks);
  if (way === 'joined') return [joined];
  return Array.from(joined, (_, at) => joined.subarray(at, at + 1));
}
