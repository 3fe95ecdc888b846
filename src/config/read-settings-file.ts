import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import { CONFIG_VARIABLE } from './setting-names.ts';

export interface SettingsFile {
  /** Where the settings were read; undefined when there is no file. */
  path: string | undefined;
  /** What the file holds; undefined when there is no file, it is empty or cannot be read. */
  content: unknown;
  mistakes: string[];
}

/** Reads the file that CALLQUEUE_CONFIG names, or `callqueue.yaml` in the working directory if it is there. */
export function readSettingsFile(env: Readonly<Record<string, string | undefined>>, cwd: string): SettingsFile {
  const named = env[CONFIG_VARIABLE];
  const path = resolve(cwd, named || 'callqueue.yaml');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !named) return { path: undefined, content: undefined, mistakes: [] };
    const reason = { ENOENT: 'there is no such file', EACCES: 'it may not be read', EISDIR: 'it is a folder' };
    const said = reason[code as keyof typeof reason] ?? message;
    const from = named ? `${CONFIG_VARIABLE}: ` : '';
    return { path, content: undefined, mistakes: [`${from}the settings file ${path} cannot be read: ${said}`] };
  }
  return { path, ...parseSettings(text, path) };
}

function parseSettings(text: string, path: string): Pick<SettingsFile, 'content' | 'mistakes'> {
  const lines = new LineCounter();
  // Without pretty errors, as those quote the line, which may hold a secret.
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return { content: undefined, mistakes: [] };
  const mistakes = documents.flatMap(({ errors, warnings }) =>
    [...errors, ...warnings].map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return `${path}, line ${line}, column ${col}: ${firstLine(message)}`;
    }),
  );
  if (documents.length > 1) mistakes.push(`${path}: holds ${documents.length} documents (expected one)`);
  if (mistakes.length > 0) return { content: undefined, mistakes };
  try {
    return { content: documents[0]?.toJS() ?? undefined, mistakes };
  } catch (error) {
    // An alias to nothing, or so many aliases that they would fill the memory.
    return { content: undefined, mistakes: [`${path}: ${firstLine((error as Error).message)}`] };
  }
}

const firstLine = (text: string) => text.split('\n', 1)[0];
