import { createOutbox } from './outbox.ts';
import { type PlainError, plainError, revivedError } from './plain-error.ts';

/** What answers a question to another thread. */
export type Answer =
  | { kind: 'done'; number: number; result: unknown }
  | { kind: 'failed'; number: number; error: PlainError };

type Numbered<Question> = { number: number; question: Question };

/** The side that asks. */
export class ThreadQuestions<Question> {
  readonly #post: (message: Numbered<Question>) => void;
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  #number = 0;
  #end: Error | undefined;

  constructor(worker: { postMessage(message: unknown): void }) {
    this.#post = createOutbox(worker);
  }

  ask(question: Question): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#number += 1;
    const asked = Promise.withResolvers<unknown>();
    this.#open.set(this.#number, asked);
    this.#post({ number: this.#number, question });
    return asked.promise;
  }

  settle(answer: Answer): void {
    const asked = this.#open.get(answer.number);
    this.#open.delete(answer.number);
    if (answer.kind === 'done') asked?.resolve(answer.result);
    else asked?.reject(revivedError(answer.error));
  }

  /** The other thread has ended: so fail all questions, those to come as well. */
  fail(error: Error): void {
    this.#end ??= error;
    for (const asked of this.#open.values()) asked.reject(error);
    this.#open.clear();
  }
}

/** The side that answers: what arrives is carried out in its order, and may be under way at the same time. */
export function answerQuestions<Question>(
  port: { on(event: 'message', listener: (questions: Numbered<Question>[]) => void): unknown },
  post: (answer: Answer) => void,
  carryOut: (question: Question) => Promise<unknown>,
): void {
  port.on('message', (questions) => {
    for (const { number, question } of questions) {
      carryOut(question).then(
        (result) => post({ kind: 'done', number, result }),
        (error: unknown) => post({ kind: 'failed', number, error: plainError(error) }),
      );
    }
  });
}
