#!/usr/bin/env node
// Syntax of Node 12, so that even a Node that is too old for the rest gets as far as saying so.

const NEEDED = [24, 14, 1];
const found = process.versions.node.split('.').map(Number);
const firstDifference = NEEDED.map((part, index) => found[index] - part).find((difference) => difference !== 0) || 0;

if (firstDifference < 0) {
  process.stderr.write(
    `callqueue needs Node ${NEEDED.join('.')} or newer, but was started by Node ${process.versions.node}. ` +
      'In the folder of callqueue `npm ci` installs the right one; `npm start` and `npm exec -- callqueue` use it.\n',
  );
  process.exitCode = 1;
} else {
  start().catch((error) => {
    process.stderr.write(`callqueue cannot start: ${error.stack}\n`);
    process.exitCode = 1;
  });
}

// Types are taken out and modules are compiled once for an installation: that is a quarter of a start. Kept beside the
// code, where nobody can write who cannot write the code as well; where we cannot, Node goes on without it.
async function start() {
  const [{ enableCompileCache }, { fileURLToPath }] = await Promise.all([import('node:module'), import('node:url')]);
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)));
  await import('../src/main.ts');
}
