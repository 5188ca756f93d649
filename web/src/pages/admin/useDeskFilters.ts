import { useSearchParams } from "react-router";
import { useLocale } from "../../i18n/locale";
import { dayEnd, dayStart } from "../../shared/days";

/** What a list of the desk is narrowed by. It stands in the address, so that a link shares it. */
export function useDeskFilters() {
  const [parameters, setParameters] = useSearchParams();
  const { timeZone } = useLocale();
  const value = (name: string) => parameters.get(name) ?? "";
  const narrowing = [...parameters].flatMap(([name, chosen]) =>
    chosen !== "" && name !== "sort" ? [name] : [],
  );
  return {
    value,
    /** One of these, or undefined. */
    choice: <T extends string>(name: string, choices: readonly T[]): T | undefined =>
      choices.find((each) => each === parameters.get(name)),
    set: (name: string, next: string) =>
      setParameters(
        (before) => {
          const after = new URLSearchParams(before);
          if (next) after.set(name, next);
          else after.delete(name);
          return after;
        },
        { replace: true },
      ),
    /** The text and the days, as every list is asked for them; days are the reader's. */
    asked: {
      query: value("q") || undefined,
      created_from: dayStart(value("from"), timeZone),
      created_to: dayEnd(value("to"), timeZone),
    },
    /** How many filters beside the search. */
    narrowing: narrowing.filter((name) => name !== "q").length,
    isNarrowed: narrowing.length > 0,
  };
}

export type DeskFilters = ReturnType<typeof useDeskFilters>;
