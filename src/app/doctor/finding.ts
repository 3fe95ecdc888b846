/** One thing that was looked at, and what to do where it is not well. */
export interface Finding {
  subject: string;
  verdict: 'ok' | 'warn' | 'fail';
  text: string;
}

export const ok = (subject: string, text: string): Finding => ({ subject, verdict: 'ok', text });
export const warn = (subject: string, text: string): Finding => ({ subject, verdict: 'warn', text });
export const fail = (subject: string, text: string): Finding => ({ subject, verdict: 'fail', text });
