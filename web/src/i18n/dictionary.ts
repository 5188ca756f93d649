/**
 * A dictionary is one file per domain with the Russian and the English side by side. Russian gives the keys:
 * a missing, superfluous or differently shaped English text is an error of the type checker.
 *
 *   export const cart = dictionary(
 *     { title: "Корзина", items: (n: number) => `${n} ${plural.ru(n, "товар", "товара", "товаров")}` },
 *     { title: "Cart", items: (n) => `${n} ${plural.en(n, "item", "items")}` },
 *   );
 *
 *   const t = useTexts(cart);  t.title;  t.items(3)
 *
 * A text with a link or bold words inside is a function that gives ReactNode (the file is then a .tsx).
 */
import type { ReactNode } from "react";
import { useLocale, type Language } from "./locale";
import { given, Provided } from "./provided";
import { typeset } from "./typeset";

type Text = string | ((...values: never[]) => ReactNode) | Texts | readonly Text[];
type Texts = { readonly [key: string]: Text };

/** The shape of `T` with any words in it. */
type SameShape<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? readonly SameShape<Item>[]
    : T extends (...values: infer Values) => infer Result
      ? (...values: Values) => Result extends string ? string : ReactNode
      : { readonly [Key in keyof T]: SameShape<T[Key]> };

export type Dictionary<T> = Record<Language, SameShape<T>>;

export function dictionary<const T extends Texts>(ru: T, en: NoInfer<SameShape<T>>): Dictionary<T> {
  const set: Partial<Dictionary<T>> = {};
  // Set when first asked for: the texts of the other language may come later.
  const of = (language: Language, texts: unknown) =>
    (set[language] ??= asSet(
      (texts instanceof Provided ? given(texts.key) : texts) as SameShape<T>,
      language,
    ));
  return {
    get ru() {
      return of("ru", ru);
    },
    get en() {
      return of("en", en);
    },
  };
}

/** The same texts as they are set, also what their functions say, whatever names and numbers were put into it. */
function asSet<T>(texts: T, language: Language): T {
  if (typeof texts === "string") return typeset(texts, language) as T;
  if (typeof texts === "function") {
    const say = texts as unknown as (...values: never[]) => ReactNode;
    return ((...values: never[]) => {
      const said = say(...values);
      return typeof said === "string" ? typeset(said, language) : said;
    }) as T;
  }
  if (Array.isArray(texts)) return texts.map((text: unknown) => asSet(text, language)) as T;
  if (typeof texts !== "object" || texts === null) return texts;
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]: [string, unknown]) => [key, asSet(text, language)]),
  ) as T;
}

export function useTexts<T>(texts: Dictionary<T>): SameShape<T> {
  return texts[useLocale().language];
}

const russianRules = new Intl.PluralRules("ru");
const englishRules = new Intl.PluralRules("en");

export const plural = {
  /** 1 день, 2 дня, 5 дней; 1,5 дня. */
  ru(count: number, one: string, few: string, many: string): string {
    const rule = russianRules.select(count);
    return rule === "one" ? one : rule === "many" ? many : few;
  },
  en(count: number, one: string, other: string): string {
    return englishRules.select(count) === "one" ? one : other;
  },
};
