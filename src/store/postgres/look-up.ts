import type { Row, Session, Statement } from './session.ts';

/** A question, and what is done with its answer. */
export interface LookUp extends Statement {
  take(rows: readonly Row[]): void;
}

export function look(sql: string, take: LookUp['take'] = () => undefined): LookUp {
  return { sql, take };
}

/** Asks all at once. @param begun what was sent before them, and fails them */
export async function lookUp(session: Session, lookUps: readonly LookUp[], begun?: Promise<void>): Promise<void> {
  const [answers] = await Promise.all([session.together(lookUps), begun]);
  for (const [place, { take }] of lookUps.entries()) take(answers[place] ?? []);
}

/** Takes the first column of each row. */
export function takeIdsInto(ids: Set<number>): LookUp['take'] {
  return (rows) => {
    for (const [id] of rows) ids.add(id as number);
  };
}
