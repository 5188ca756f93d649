import { formats } from "../../i18n/format";
import { knownTimeZone } from "../../i18n/locale";

/** Every zone the browser knows: the named ones (Russia's) first with their offset, then the others. */
export function timeZoneOptions(named: Readonly<Record<string, string>>, current: string) {
  const first = Object.entries(named).map(([value, name]) => ({ value, label: `${name}, ${offset(value)}` }));
  const others = [...new Set([current, ...Intl.supportedValuesOf("timeZone")])]
    .filter((zone) => !(zone in named))
    .sort()
    .map((value) => ({ value, label: value.replaceAll("_", " ") }));
  return [...first, ...others];
}

/** "14:05, 20 ноября 2026" at this moment. */
export function nowIn(timeZone: string, language: "ru" | "en"): string {
  return formats({ language, timeZone }).dateTime(new Date());
}

/** UTC+3 */
function offset(timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: knownTimeZone(timeZone),
    timeZoneName: "shortOffset",
  }).formatToParts();
  return parts.find((part) => part.type === "timeZoneName")?.value.replace("GMT", "UTC") ?? "";
}
