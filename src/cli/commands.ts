import { backup } from './backup.ts';
import type { Command } from './command.ts';
import { doNotCallAdd } from './do-not-call-add.ts';
import { doNotCallList } from './do-not-call-list.ts';
import { doNotCallRemove } from './do-not-call-remove.ts';
import { doctor } from './doctor.ts';
import { exportCommand } from './export.ts';
import { createHelp } from './help.ts';
import { importCommand } from './import.ts';
import { list } from './list.ts';
import { migrate } from './migrate.ts';
import { serve } from './serve.ts';
import { tokenCreate } from './token-create.ts';
import { tokenList } from './token-list.ts';
import { tokenRevoke } from './token-revoke.ts';

/** Every command there is, in the order of `callqueue help`. */
export const COMMANDS: readonly Command[] = [
  serve,
  tokenCreate,
  tokenList,
  tokenRevoke,
  importCommand,
  exportCommand,
  list,
  doNotCallAdd,
  doNotCallRemove,
  doNotCallList,
  doctor,
  backup,
  migrate,
  createHelp(() => COMMANDS),
];
