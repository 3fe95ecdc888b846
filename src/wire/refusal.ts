import type { Problem } from '../../client/src/contract.ts';
import { CallQueueError } from '../core/errors.ts';

/** A request that is answered with an error envelope: what is wrong with it, all of it, and the HTTP status. */
export class Refusal extends CallQueueError {
  readonly code = 'refused';
  readonly status: number;
  readonly problems: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, problems: readonly Problem[], headers: Readonly<Record<string, string>> = {}) {
    super(problems.map((problem) => problem.message).join('; '));
    this.name = 'Refusal';
    this.status = status;
    this.problems = problems;
    this.headers = headers;
  }
}
