/**
 * The reader's language and time zone. Russian comes first: another language is chosen only by the reader,
 * by their profile, or by a browser that asks for English and not for Russian.
 */
import { useSyncExternalStore } from "react";
import { builtIn, hasOther, loadOther } from "./provided";

export type Language = "ru" | "en";

export type Locale = {
  language: Language;
  /** IANA name, for example Europe/Moscow. */
  timeZone: string;
};

// index.html reads the same key.
const storageKey = "language";

let locale: Locale = { language: firstLanguage(), timeZone: browserTimeZone() };
const listeners = new Set<() => void>();
document.documentElement.lang = locale.language;

export function isLanguage(text: unknown): text is Language {
  return text === "ru" || text === "en";
}

export function browserTimeZone(): string {
  return knownTimeZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** The zone, if dates can be written in it; some browsers name one that they do not know themselves (Etc/Unknown). */
export function knownTimeZone(name: unknown): string {
  try {
    if (typeof name === "string" && name !== "") {
      new Intl.DateTimeFormat("en", { timeZone: name });
      return name;
    }
  } catch {
    // A RangeError: no such zone here.
  }
  return "Europe/Moscow";
}

export function currentLocale(): Locale {
  return locale;
}

let chosen = 0;

/** Changes at once what is there; a language whose texts are not comes when they are, unless another was chosen since. */
export function changeLocale(changes: Partial<Locale>): void {
  const { language } = changes;
  const turn = language ? ++chosen : chosen;
  if (!language || language === builtIn || builtIn === null || hasOther()) {
    apply(changes);
    return;
  }
  const { timeZone } = changes;
  if (timeZone) apply({ timeZone });
  loadOther().then(
    () => turn === chosen && apply({ language }),
    () => undefined, // no connection: the page goes on speaking as it did
  );
}

function apply(changes: Partial<Locale>): void {
  locale = { ...locale, ...changes };
  locale.timeZone = knownTimeZone(locale.timeZone);
  document.documentElement.lang = locale.language;
  if (changes.language) {
    try {
      localStorage.setItem(storageKey, changes.language);
    } catch {
      // Storage is closed: the choice lasts as long as the page.
    }
  }
  for (const listener of listeners) listener();
}

export function useLocale(): Locale {
  return useSyncExternalStore(subscribe, currentLocale);
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function firstLanguage(): Language {
  if (builtIn) return builtIn; // build/start.ts chose it by the same rule
  try {
    const stored = localStorage.getItem(storageKey);
    if (isLanguage(stored)) return stored;
  } catch {
    // Storage is closed: ask the browser.
  }
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2));
  return !wanted.includes("ru") && wanted.includes("en") ? "en" : "ru";
}
