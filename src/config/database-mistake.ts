/** What is wrong with an address of a database; the value is not quoted, as it may hold a password. */
export function databaseMistake(database: string): string | undefined {
  const expected = 'expected sqlite: and the path of a file, such as sqlite:./data/callqueue.db';
  if (/^postgres(ql)?:/.test(database)) return `PostgreSQL is not supported yet, ${expected}`;
  if (!database.startsWith('sqlite:')) return `starts with none of the known kinds of database, ${expected}`;
  const path = database.slice('sqlite:'.length);
  if (path === '' || path.endsWith('/')) return `names no file, ${expected}`;
  if (path === ':memory:') return `a database in memory is lost with the process, ${expected}`;
  if (/^\/\/[^/]/.test(path)) return `two slashes would name a machine; write one or three, ${expected}`;
  if (path.includes('\0')) return `holds a NUL character, ${expected}`;
  return undefined;
}
