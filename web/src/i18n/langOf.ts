import type { ReactNode } from "react";
import { useLocale } from "./locale";

/** The `lang` of what people wrote: Russian on an English page is read out as Russian. Ours needs none. */
export function useLangOf(): (written: ReactNode) => "ru" | undefined {
  const { language } = useLocale();
  return (written) =>
    language !== "ru" && typeof written === "string" && /\p{Script=Cyrillic}/u.test(written)
      ? "ru"
      : undefined;
}
