/** What is wrong with an address of a database; the value is not quoted, as it may hold a password. */
export function databaseMistake(database: string): string | undefined {
  const expected =
    'expected sqlite: and the path of a file, such as sqlite:./data/callqueue.db, or postgres://user:password@host/database';
  const mistake = isPostgresAddress(database) ? postgresMistake(database) : sqliteMistake(database);
  return mistake && `${mistake}, ${expected}`;
}

export function isPostgresAddress(database: string): boolean {
  return /^postgres(ql)?:/.test(database);
}

function sqliteMistake(database: string): string | undefined {
  if (!database.startsWith('sqlite:')) return 'starts with none of the known kinds of database';
  const path = database.slice('sqlite:'.length);
  if (path === '' || path.endsWith('/')) return 'names no file';
  if (path === ':memory:') return 'a database in memory is lost with the process';
  if (/^\/\/[^/]/.test(path)) return 'two slashes would name a machine; write one or three';
  if (path.includes('\0')) return 'holds a NUL character';
  return undefined;
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Several hosts, `a:5432,b:5432`, are what a URL cannot have: judged as if only the first were there. */
function postgresMistake(database: string): string | undefined {
  const text = database.replace(/,[^/?@]*(?=[/?]|$)/, '');
  const url = URL.parse(text);
  if (url === null)
    return 'cannot be read as an address; characters such as @ / # % in a password are written %40 %2F %23 %25';
  if (url.hostname === '') return 'names no host';
  if (url.pathname.length < 2) return 'names no database';
  const mode = url.searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) return `has an sslmode other than ${SSL_MODES.join(', ')}`;
  return undefined;
}
