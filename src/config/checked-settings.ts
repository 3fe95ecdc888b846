import type { Inside } from './inside.ts';
import type { WrittenSettings } from './schema.ts';

/** Settings of which each was looked at by itself, and not yet what they say together. */
export interface CheckedSettings {
  settings: Unsure<Inside<WrittenSettings>>;
  written: Readonly<Record<string, unknown>>;
  /** How a person would find the setting with this path. */
  nameOf(path: string): string;
  /** Whether something at this path or within it is wrong by itself, and told already. */
  isWrong(path: string): boolean;
}

/** Whatever is wrong by itself is undefined. */
type Unsure<T> = T extends readonly (infer Item)[]
  ? readonly (Unsure<Item> | undefined)[]
  : T extends object
    ? { readonly [Name in keyof T]?: Unsure<T[Name]> | undefined }
    : T;
