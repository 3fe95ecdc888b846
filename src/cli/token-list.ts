import { openQueue } from '../app/open-queue.ts';
import { loadSettings } from '../config.ts';
import { defineCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { table } from './table.ts';

export const tokenList = defineCommand({
  name: 'token list',
  summary: 'shows which tokens there are, without the tokens themselves',
  options: { json: { type: 'boolean', description: 'print JSON' } },
  async run({ values, env, cwd, stdout }) {
    const { store, timeZone } = await openQueue(loadSettings({ env, cwd }), 'tokens');
    try {
      const tokens = (await store.listTokens()).map((token) => ({
        id: token.id,
        name: token.name,
        scope: token.scope,
        projects: token.projectIds,
        agent: token.agent,
        has_key: token.sealedKey !== null,
        created_at: timeZone.formatLocal(token.createdAt),
        revoked_at: token.revokedAt === null ? null : timeZone.formatLocal(token.revokedAt),
      }));
      if (values.json) stdout.write(`${JSON.stringify(tokens, null, 2)}\n`);
      else if (tokens.length === 0) stdout.write('There are no tokens yet: callqueue token create --name NAME\n');
      else stdout.write(tokenTable(tokens));
      return EXIT.done;
    } finally {
      await store.close();
    }
  },
});

function tokenTable(tokens: readonly Record<string, unknown>[]): string {
  const columns = ['id', 'name', 'scope', 'projects', 'agent', 'has_key', 'created_at', 'revoked_at'];
  const rows = tokens.map((token) => columns.map((column) => cell(column, token[column])));
  return table(columns, rows);
}

function cell(column: string, value: unknown): string {
  if (column === 'projects') return Array.isArray(value) ? value.join(',') : 'all';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === null ? '' : String(value);
}
