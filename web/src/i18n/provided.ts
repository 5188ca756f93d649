/**
 * The texts of the language that a build is not of (build/languages.ts): loaded whole when that language is chosen. While
 * developing, and in unit tests, every dictionary has both.
 */
import type { Language } from "./locale";

/** The language whose texts are there from the start; null: both are. */
export const builtIn: Language | null = null; // the build's

const texts = new Map<string, unknown>();
let loading: Promise<unknown> | undefined;

/** Loads the other language; once. A load that failed may be tried again. */
export function loadOther(): Promise<unknown> {
  loading ??= Promise.resolve().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

export const hasOther = (): boolean => texts.size > 0;

/** What stands in a dictionary for texts that come later. */
export class Provided {
  readonly key: string;
  constructor(key: string) {
    this.key = key;
  }
}

export const provided = (key: string): Provided => new Provided(key);
export const given = (key: string): unknown => texts.get(key);
export const provide = (key: string, its: unknown): unknown => texts.set(key, its);
