import { execFile, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkplace, type Started, type Workplace } from '../support/cli.ts';
import { runPhpScript } from '../support/php-curl.ts';

let place: Workplace;
beforeEach(() => {
  place = createWorkplace({ CALLQUEUE_PORT: '0' });
});
afterEach(() => place.remove());

/** Starts the server and waits for the line that says where it answers. */
async function serve(): Promise<Started & { url: string }> {
  const started = place.start(['serve']);
  const url = /^callqueue answers at (http:\S+\/api\/call-queue) \(project 1\)$/.exec(await started.firstLine)?.[1];
  if (url === undefined) throw new Error(`Unexpected: ${await started.firstLine}`);
  return { ...started, url };
}

function firstToken(): { token: string; key: string; text: string } {
  const file = place.read('data/first-token.txt');
  const member = (name: string) => new RegExp(`^${name}: (\\S+)$`, 'm').exec(file)?.[1] ?? '';
  return { token: member('token'), key: member('key'), text: file };
}

async function rowCount(url: string, token: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    body: 'action=read',
    headers: { authorization: `Bearer ${token}` },
  });
  const { pagination, messages } = (await response.json()) as { pagination: { row_count: number }; messages: string[] };
  expect(messages).toEqual([]);
  return pagination.row_count;
}

describe('the first start', () => {
  it('makes a token and key that only the owner can read, and tells where they are', async () => {
    const { process, outcome } = await serve();
    const file = place.path('data/first-token.txt');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { token, key } = firstToken();
    process.kill('SIGTERM');
    const { code, stdout, stderr } = await outcome;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`The first token and how to use it: ${file}\n`);
    expect(token).toMatch(/^cq_/);
    expect(stdout + stderr).not.toContain(token);
    expect(stdout + stderr).not.toContain(key);
  });

  it('makes a database that only the owner can read', async () => {
    await serve();
    for (const name of ['callqueue.db', 'callqueue.db-wal', 'callqueue.db-shm']) {
      expect([name, statSync(place.path(`data/${name}`)).mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  it.skipIf(spawnSync('curl', ['--version']).status !== 0)(
    'shows a curl line that works when it is pasted',
    async () => {
      await serve();
      const line = /^curl .*$/m.exec(firstToken().text)?.[0] ?? '';
      const answer = await new Promise<string>((resolve, reject) => {
        execFile('sh', ['-c', line], (error, stdout) => (error ? reject(error) : resolve(stdout)));
      });
      expect(JSON.parse(answer)).toMatchObject({ has_error: false, pagination: { row_count: 0 }, results: [] });
    },
  );

  it('shows a PHP snippet that works when it is pasted', async () => {
    await serve();
    const code = /^php <<'PHP'\n([\s\S]*?)^PHP$/m.exec(firstToken().text)?.[1] ?? '';
    const { exitCode, stdout } = await runPhpScript(place.write('snippet.php', code), {});
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\[has_error\] => *\n.*\[pagination\]/s);
    expect(stdout).toMatch(/\[row_count\] => 0/);
  });

  it('happens once', async () => {
    const first = await serve();
    const { text: before } = firstToken();
    first.process.kill('SIGTERM');
    await first.outcome;
    const second = await serve();
    second.process.kill('SIGTERM');
    expect((await second.outcome).stderr).not.toContain('first token');
    expect(firstToken().text).toBe(before);
  });

  it('makes no token where the settings name one', async () => {
    place.env.CALLQUEUE_TOKEN = 'a-token-of-the-settings';
    const { url } = await serve();
    expect(existsSync(place.path('data/first-token.txt'))).toBe(false);
    expect(await rowCount(url, 'a-token-of-the-settings')).toBe(0);
  });
});

describe('a running server', () => {
  beforeEach(() => {
    place.env.CALLQUEUE_TOKEN = 'a-token-of-the-settings';
  });

  it('accepts tokens and shows calls that commands beside it make', async () => {
    const { url } = await serve();
    const made = await place.run(['token', 'create', '--name', 'beside', '--no-key', '--json']);
    place.write('calls.csv', 'caller_id\n+441632960001\n+441632960002\n');
    await place.run(['import', 'calls.csv']);
    expect(await rowCount(url, JSON.parse(made.stdout).token)).toBe(2);
  });

  it('is seen by doctor', async () => {
    const { url } = await serve();
    place.env.CALLQUEUE_PORT = new URL(url).port;
    const { code, stdout } = await place.run(['doctor']);
    expect(stdout).toMatch(/^ok {4}port: a server answers at 127\.0\.0\.1 port \d+ and is ready$/m);
    expect(code, stdout).toBe(0);
  });

  it('finishes the request that runs when SIGTERM comes, and ends with 0', async () => {
    const { url, process, outcome } = await serve();
    const socket = await halfRequest(url);
    process.kill('SIGTERM');
    await refused(url);
    socket.write('n=read');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*"has_error":false/);
    expect((await outcome).code).toBe(0);
  });

  it('ends at once at the second signal', async () => {
    const { url, process, outcome } = await serve();
    const socket = await halfRequest(url);
    socket.on('error', () => undefined);
    process.kill('SIGINT');
    await refused(url);
    process.kill('SIGINT');
    expect((await outcome).code).toBe(1);
    socket.destroy();
  });

  it('loses nothing when it is killed', async () => {
    place.write('calls.csv', 'caller_id\n+441632960001\n');
    const first = await serve();
    await place.run(['import', 'calls.csv']);
    expect(await rowCount(first.url, 'a-token-of-the-settings')).toBe(1);
    first.process.kill('SIGKILL');
    await first.outcome;
    const second = await serve();
    expect(await rowCount(second.url, 'a-token-of-the-settings')).toBe(1);
  });

  it('leaves one line and ends with 1 when something fails that nobody foresaw', async () => {
    const accident = `process.on('SIGUSR2', () => { throw new Error('an accident'); })`;
    place.env.NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(accident)}`;
    const { process, outcome } = await serve();
    process.kill('SIGUSR2');
    const { code, stderr } = await outcome;
    expect(code).toBe(1);
    const fatal = stderr.split('\n').filter((line) => line.includes('an accident'));
    expect(fatal).toHaveLength(1);
    expect(JSON.parse(fatal[0] ?? '')).toMatchObject({ level: 'fatal', err: { message: 'an accident' } });
  });
});

describe('a start that cannot succeed', () => {
  it('says that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => other.once('listening', resolve));
      const { port } = other.address() as { port: number };
      place.env.CALLQUEUE_PORT = String(port);
      const { code, stdout, stderr } = await place.start(['serve']).outcome;
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`callqueue: Cannot listen: port ${port} of 127.0.0.1 is in use by another program`);
      expect(existsSync(place.path('data/first-token.txt'))).toBe(false);
    } finally {
      other.close();
    }
  });

  it('says that the database is none, and leaves it alone', async () => {
    place.write('other.db', 'this is a text and no database');
    place.env.CALLQUEUE_DATABASE = 'sqlite:other.db';
    const { code, stderr } = await place.start(['serve']).outcome;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^callqueue: The file is no SQLite database/m);
    expect(place.read('other.db')).toBe('this is a text and no database');
  });

  it('says which Node is needed when an older one starts it', async () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '24.14.0' } })`;
    place.env.NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(pretend)}`;
    const { code, stdout, stderr } = await place.start(['help']).outcome;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^callqueue needs Node 24\.14\.1 or newer, but was started by Node 24\.14\.0\. .*npm ci.*\n$/,
    );
  });
});

describe('output that nobody reads any more', () => {
  it('ends an export without a word', async () => {
    place.write('calls.csv', `caller_id\n${'+441632960001\n'.repeat(20_000)}`);
    await place.run(['import', 'calls.csv']);
    const { process, firstLine, outcome } = place.start(['export']);
    await firstLine;
    process.stdout?.destroy();
    expect((await outcome).stderr).toBe('');
  });
});

/** A request whose last bytes are still to come; resolves when the server waits for them. */
async function halfRequest(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const head = 'POST /api/call-queue HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token-of-the-settings\r\n';
  socket.write(`${head}Content-Length: 11\r\nExpect: 100-continue\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.write('actio');
  return socket;
}

/** Waits until nobody listens there any more. */
async function refused(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  while (true) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname);
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (!isOpen) return;
  }
}
