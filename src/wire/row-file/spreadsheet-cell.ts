/**
 * What a spreadsheet would take for a formula (OWASP, “CSV injection”), or what the import would take for null. A number
 * such as +40722123456 is harmless and stays as it is. Quotes that are there already count as part of the danger: else
 * a text that begins with a quote of its own would lose it on the way back.
 */
const DANGEROUS = /^'*(?:[=@\t\r\n]|[+-](?![0-9]+$)|\\N$)/;

/** A text as a cell that no spreadsheet computes: with `'` in front where it begins like a formula. */
export function guardCell(text: string): string {
  return DANGEROUS.test(text) ? `'${text}` : text;
}

/** Removes exactly the quote that `guardCell` puts there, and no other. */
export function unguardCell(cell: string): string {
  return cell.startsWith("'") && DANGEROUS.test(cell) ? cell.slice(1) : cell;
}
