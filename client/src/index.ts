export { apiHash } from './api-hash.ts';
export type { ChangesOptions } from './change-feed.ts';
export * from './client.ts';
export * from './contract.ts';
export * from './errors.ts';
export type { ChangingOptions, ClientOptions, Fetch, RequestOptions, RowOptions, SaveOptions } from './options.ts';
export { buildQuery, NumberText, type PhpValue } from './php-query.ts';
