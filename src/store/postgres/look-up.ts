import type { Row, Session, Statement } from './session.ts';

/** A question, and what is done with its answer. */
export interface LookUp extends Statement {
  take(rows: readonly Row[]): void;
}

export function look(sql: string, take: LookUp['take'] = () => undefined): LookUp {
  return { sql, take };
}

/** Asks all at once. @param first a statement without an answer, such as BEGIN */
export async function lookUp(
  session: Session,
  lookUps: readonly LookUp[],
  first: readonly Statement[] = [],
): Promise<void> {
  const answers = await session.together([...first, ...lookUps]);
  for (const [place, { take }] of lookUps.entries()) take(answers[first.length + place] ?? []);
}

/** Takes the first column of each row. */
export function takeIdsInto(ids: Set<number>): LookUp['take'] {
  return (rows) => {
    for (const [id] of rows) ids.add(id as number);
  };
}
