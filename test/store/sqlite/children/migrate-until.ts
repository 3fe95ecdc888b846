import { Connection } from '../../../../src/store/sqlite/connection.ts';
import { migrate } from '../../../../src/store/sqlite/migrate.ts';
import { MIGRATIONS } from '../../../../src/store/sqlite/schema/migrations.ts';

/** Migrates, and kills itself before the statement of that number. */
const [path, number] = process.argv.slice(2) as [string, string];
const connection = new Connection(path);
let statements = 0;
const counted = new Proxy(connection, {
  get(target, name) {
    const member = Reflect.get(target, name, target);
    if (name !== 'exec') return typeof member === 'function' ? member.bind(target) : member;
    return (sql: string) => {
      if (++statements === Number(number)) process.kill(process.pid, 'SIGKILL');
      target.exec(sql);
    };
  },
});
// `write` must see the proxy as well, or no statement would be counted.
await migrate(counted, { lockWaitMs: 1_000, migrations: MIGRATIONS });
console.log('done');
