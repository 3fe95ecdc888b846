/**
 * Text from outside (names of callers, files) as a terminal may show it: without control characters, which could move
 * the cursor, retitle the window or answer for the user, and without the marks that turn the direction of writing.
 */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}
