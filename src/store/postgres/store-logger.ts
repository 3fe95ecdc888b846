/** What the store needs of a logger; pino's fits. */
export interface StoreLogger {
  info(facts: object, message: string): void;
  warn?(facts: object, message: string): void;
  error?(facts: object, message: string): void;
}
