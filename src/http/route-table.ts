import type { RouteOptions } from 'fastify';
import type { Access } from './request-state.ts';

export interface Route {
  method: string;
  /** As registered: `:name` stands for one part, `*` for all the rest. */
  url: string;
  access: Access;
}

export interface RouteTable {
  /** Takes note of a route as it is registered. */
  add(route: RouteOptions): void;
  list(): readonly Route[];
  /** What may be done at an address; empty when nothing is there. */
  methodsAt(path: string): readonly string[];
}

/** All routes there are: for 405 and its `Allow`, and for the test that walks them in search of an open door. */
export function createRouteTable(): RouteTable {
  const routes: { method: string; options: RouteOptions; pattern: RegExp }[] = [];

  return {
    add(options) {
      const pattern = patternOf(options.url);
      for (const method of [options.method].flat()) routes.push({ method, options, pattern });
    },
    // Read late: hooks of plugins may still change a route's access after it was added.
    list: () =>
      routes.map(({ method, options: { url, config } }) => ({ method, url, access: config?.access ?? 'token' })),
    methodsAt: (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))],
  };
}

function patternOf(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z]+/g, '[^/]+')
    // The root of a plugin (`/api/docs/`) is also answered without its last stroke.
    .replace(/\/$/, '/?')
    .replace('*', '.*');
  return new RegExp(`^${source}$`);
}
