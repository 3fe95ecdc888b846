import type { IncomingMessage } from 'node:http';

const bodies = new WeakMap<IncomingMessage, Buffer | undefined>();

/** Notes a body that was received before the framework saw its request; undefined: it ended early. */
export function bringBody(request: IncomingMessage, body: Buffer | undefined): void {
  bodies.set(request, body);
}

/** What was noted, if anything. */
export function broughtBody(request: IncomingMessage): { body: Buffer | undefined } | undefined {
  return bodies.has(request) ? { body: bodies.get(request) } : undefined;
}
