export { apiHash } from './api-hash.ts';
export * from './client.ts';
export * from './contract.ts';
export * from './errors.ts';
export type { ClientOptions, Fetch, RequestOptions } from './options.ts';
export { buildQuery, NumberText, type PhpValue } from './php-query.ts';
