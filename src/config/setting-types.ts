import { type TSchemaOptions, Type } from 'typebox';
import { LONGEST_NUMBER, PBX_NAME } from '../core/call-limits.ts';
import { isCountry } from '../core/phone-number.ts';

/** What a setting says of itself, beside its type: validation, `callqueue help` and docs/configuration.md come from it. */
export interface SettingFacts extends TSchemaOptions {
  description: string;
  /** Completes “expected …” in the sentence about a wrong value. */
  allowed: string;
  /** Values are never shown, neither in messages nor in logs. */
  secret?: true;
  /** How the documentation shows a default that depends on the machine or on other settings. */
  defaultText?: string;
  /** Another variable that may give it, beside the one that follows from its name. */
  shortVariable?: string;
}

/** What a kind of setting cannot say for all its settings. */
interface Described {
  description: string;
}

/** What a setting has that nobody set, or how the documentation shows it. */
export type Fallback<T> = { default: T; defaultText?: string } | { defaultText: string };

export const text = (facts: SettingFacts & { maxLength?: number; minLength?: number; pattern?: string }) =>
  Type.String({ minLength: 1, maxLength: 1000, ...facts });

export const wholeNumber = (
  minimum: number,
  maximum: number,
  facts: Described & Fallback<number> & { unit?: string },
) => Type.Integer({ minimum, maximum, allowed: `a whole number from ${minimum} to ${maximum}`, ...facts });

/** One of the words of a tuple of the contract. */
export const word = <W extends string>(words: readonly W[], facts: Described & Partial<Fallback<W>>) =>
  Type.Enum(words as W[], { allowed: `one of ${words.join(', ')}`, ...facts });

export const country = (facts: Described & { defaultText?: string }) =>
  Type.Refine(text({ allowed: 'the two capital letters of a country, such as RO or DE', ...facts }), isCountry);

/** The name of a queue, a user or a context. */
export const pbxName = (facts: Described & { defaultText?: string }) =>
  text({
    pattern: PBX_NAME.source,
    allowed: '1 to 79 of the characters A-Z a-z 0-9 _ . -, in quotes when they look like a number',
    ...facts,
  });

/** A number in any notation, on one line. A number of YAML would have lost the zeros and the plus in front. */
export const numberText = (facts: Described & { defaultText?: string }) =>
  text({
    maxLength: LONGEST_NUMBER,
    pattern: '^[^\\p{Cc}\\p{Cs}\\u2028\\u2029]+$',
    allowed: `a number in quotes, such as "+441632960000", of at most ${LONGEST_NUMBER} characters`,
    ...facts,
  });
