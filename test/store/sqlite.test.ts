import { spawnPlainWriter } from '../support/plain-writer.ts';
import { prepareSqlite, SQLITE } from './backends.ts';
import { describeStore } from './contracts.ts';

describeStore(SQLITE);
describeStore({
  ...SQLITE,
  name: 'SQLite with threads',
  prepare: () => prepareSqlite({ spawnWriter: spawnPlainWriter }),
});
