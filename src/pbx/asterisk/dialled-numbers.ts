import type { AmiMessage } from './ami-message.ts';

const NUMBER = /^\+?[0-9]{3,20}$/;

/**
 * Every number that may be the one a dial goes to. Which of them it is depends on the trunk: `DialString` is
 * `0722123456@trunk` or `trunk/0722123456` (with the prefix that some trunks want), the identity of the leg that is rung
 * is what the dialplan dialled, and the extension is what somebody keyed in (with the prefix that gets a line).
 */
export function dialledNumbers(message: Pick<AmiMessage, 'get'>): string[] {
  const texts = (message.get('DialString') ?? '').slice(0, 500).split(/[/@:;,&]/);
  texts.push(message.get('DestCallerIDNum') ?? '', message.get('Exten') ?? '');
  return [...new Set(texts.filter((text) => NUMBER.test(text)))];
}
