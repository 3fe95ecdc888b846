import type { Caller } from '../../core/leg-event.ts';
import type { AmiMessage } from './ami-message.ts';
import { unescapeAmi } from './ami-unescape.ts';

type Headers = Pick<AmiMessage, 'event' | 'get' | 'all'>;

/** Nothing longer is a number, or a name that anybody reads. */
const LONGEST_NUMBER = 64;
const LONGEST_NAME = 200;

/** Extensions in which a dialplan goes on by itself: nobody dials them. */
const SPECIAL_EXTENSIONS = new Set(['s', 'i', 't', 'h', 'o', 'a', 'e', 'failed']);

// Control characters, and marks that break a line or turn the direction of writing. Joiners stay: names need them.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** A value, or null for the ways in which events of channels, of calls and lists say that there is none. */
export function told(value: string | undefined): string | null {
  return value === undefined || value === '' || value === '<unknown>' || value === '(null)' ? null : value;
}

/** Who a channel says is calling. `allowed…`, `prohib…` and `unavailable` stand in CALLERID(num-pres), if shown at all. */
export function readCaller(message: Headers): Caller {
  const number = told(message.get('CallerIDNum'));
  const presentation = channelVariable(message, 'CALLERID(num-pres)');
  // Trunks also write a word: anonymous, restricted, private.
  const isWord = number !== null && !/\d/.test(number);
  return {
    number: number === null || isWord ? null : printable(number, LONGEST_NUMBER),
    name: callerName(message),
    isWithheld: isWord || presentation?.startsWith('prohib') === true,
  };
}

/**
 * The number that was dialled. Dependable where the administrator shows CALLERID(dnid) by `channelvars` of manager.conf;
 * else the extension, which is that number only in the first events of a channel.
 */
export function readDid(message: Headers): string | null {
  const shown = told(channelVariable(message, 'CALLERID(dnid)'));
  if (shown !== null) return didOf(shown);
  if (message.event !== 'Newchannel' && message.event !== 'Newstate') return null;
  const extension = told(message.get('Exten'));
  return extension === null ? null : didOf(extension);
}

function didOf(text: string): string | null {
  return SPECIAL_EXTENSIONS.has(text) ? null : printable(text, LONGEST_NUMBER);
}

/** A variable that `channelvars` of manager.conf adds to the events of a channel. */
function channelVariable(message: Headers, name: string): string | undefined {
  const found = message.all('ChanVariable').find((text) => text.startsWith(`${name}=`));
  return found === undefined ? undefined : unescapeAmi(found.slice(name.length + 1));
}

function callerName(message: Headers): string | null {
  const name = told(message.get('CallerIDName'));
  return name === null ? null : printable(unescapeAmi(name), LONGEST_NAME);
}

/** What is left of a text for people; null if nothing. */
export function printable(text: string, longest: number): string | null {
  const clean = text.toWellFormed().replace(UNPRINTABLE, ' ').trim();
  return clean === '' ? null : [...clean.slice(0, 2 * longest)].slice(0, longest).join('').trim();
}
