import { RowFileError } from './row-file-error.ts';

/**
 * Bytes to text. A file in another encoding is refused instead of being stored with mangled names.
 * @throws RowFileError
 */
export async function* readText(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let isFirst = true;
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw new RowFileError(`not UTF-8 at line ${line} or after it: save the file as UTF-8`, { cause });
    }
  };
  for await (const chunk of source) {
    if (isFirst && chunk.length >= 2) {
      const mark = (chunk[0] ?? 0) * 256 + (chunk[1] ?? 0);
      if (mark === 0xfffe || mark === 0xfeff) throw new RowFileError('this is UTF-16: save the file as UTF-8');
      if (mark === 0x1f8b) throw new RowFileError('this is compressed: give its name the ending .gz');
      isFirst = false;
    }
    const text = decode(chunk);
    yield text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line++;
  }
  const rest = decode();
  if (rest !== '') yield rest;
}
