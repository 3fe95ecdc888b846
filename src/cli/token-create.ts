import { SCOPES } from '../../client/src/contract.ts';
import { openQueue } from '../app/open-queue.ts';
import { SETTINGS_TOKEN_NAME } from '../app/settings-token.ts';
import { createToken } from '../app/tokens.ts';
import { loadSettings, type Settings } from '../config.ts';
import { defineCommand } from './command.ts';
import { UsageError } from './command-errors.ts';
import { EXIT } from './exit-code.ts';
import { oneOf, wholeNumber } from './parse-options.ts';

export const tokenCreate = defineCommand({
  name: 'token create',
  summary: 'makes a token (and key) for the API and shows it, once',
  details: 'The token works at once, also in a server that is running. Only a hash of it is kept.',
  options: {
    name: { type: 'string', value: 'NAME', description: 'who or what it is for; stands in the log (required)' },
    scope: { type: 'string', value: 'SCOPE', description: `${SCOPES.join(', ')}; default read` },
    project: { type: 'string', multiple: true, value: 'N', description: 'the only projects it may use; default all' },
    agent: { type: 'string', value: 'NAME', description: 'the agent that it speaks for' },
    'no-key': { type: 'boolean', description: 'make no key: requests then need no api_hash' },
    json: { type: 'boolean', description: 'print {"token": …, "key": …}' },
  },
  async run({ values, env, cwd, stdout }) {
    const wishes = {
      name: label('--name', values.name),
      scope: oneOf('--scope', values.scope ?? 'read', SCOPES),
      agent: values.agent === undefined ? null : label('--agent', values.agent),
      withKey: !values['no-key'],
    };
    if (wishes.name === SETTINGS_TOKEN_NAME) {
      throw new UsageError(`--name: ${SETTINGS_TOKEN_NAME} is the name of the token in the settings; take another`);
    }
    const settings = loadSettings({ env, cwd });
    const projectIds = values.project === undefined ? null : projects(values.project, settings);
    const { store } = await openQueue(settings, 'tokens');
    try {
      const { id, token, key } = await createToken(store, { ...wishes, projectIds });
      stdout.write(
        values.json
          ? `${JSON.stringify({ token, key })}\n`
          : `token: ${token}\nkey: ${key ?? 'none'}\n(number ${id}, scope ${wishes.scope}; it cannot be shown again)\n`,
      );
      return EXIT.done;
    } finally {
      await store.close();
    }
  },
});

function label(option: string, text: string | undefined): string {
  if (text === undefined) throw new UsageError(`callqueue token create needs ${option} NAME`);
  if (text.trim() !== '' && text.length <= 100 && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text)) return text;
  throw new UsageError(`${option}: expected 1 to 100 characters, no control characters`);
}

function projects(numbers: readonly string[], settings: Settings): number[] {
  const known = settings.projects.map(({ id }) => id);
  const ids = numbers.map((number) => wholeNumber('--project', number, { min: 1, max: Number.MAX_SAFE_INTEGER }));
  for (const id of ids) {
    if (known.includes(id)) continue;
    throw new UsageError(`--project: there is no project ${id} in the settings, only ${known.slice(0, 20).join(', ')}`);
  }
  return [...new Set(ids)];
}
