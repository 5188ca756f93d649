import { formats } from "../../i18n/format";
import { knownTimeZone, type Language } from "../../i18n/locale";
import { russianCities, russianZones } from "../../i18n/timeZones";

/** The groups of the list, in their order. */
export const zoneGroups = ["russia", "europe", "asia", "america", "africa", "pacific", "other"] as const;
export type ZoneGroup = (typeof zoneGroups)[number];

export type Zone = {
  /** Its IANA name. */
  id: string;
  group: ZoneGroup;
  city: string;
  /** The country, or the part of the world that keeps this time; empty where the browser has no word of its own. */
  region: string;
  /** UTC+3 */
  offset: string;
};

const named = Object.keys(russianCities);
/** More are not shown at once: a browser takes half a millisecond to name each. */
const most = 60;

/**
 * The zones whose city has all the typed words, in either language or as IANA writes it; before anything is typed
 * those of well-known cities and `current`. Russia's come first, from west to east.
 */
export function findZones(typed: string, language: Language, current: string): Zone[] {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const known = new Set(Intl.supportedValuesOf("timeZone")).add("UTC").add(current);
  const asked =
    words.length === 0 ? [...named.filter((id) => known.has(id)), "UTC", current] : [...named, ...known];
  const found = [...new Set(asked)].filter((id) => {
    const text = `${id} ${cityOf(id)} ${russianCities[id] ?? ""}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
  const collator = new Intl.Collator(language);
  return found
    .slice(0, words.length === 0 ? undefined : most)
    .map((id) => zone(id, language))
    .sort(
      (a, b) =>
        zoneGroups.indexOf(a.group) - zoneGroups.indexOf(b.group) ||
        (a.group === "russia"
          ? russianZones.indexOf(a.id) - russianZones.indexOf(b.id)
          : collator.compare(a.city, b.city)),
    );
}

export function zone(id: string, language: Language): Zone {
  const city = (language === "ru" ? russianCities[id] : undefined) ?? cityOf(id);
  const region = part(id, language, "longGeneric");
  const isRussian = russianZones.includes(id);
  return {
    id,
    group: isRussian ? "russia" : groupOf(id),
    city,
    region: isRussian || region === city || region.startsWith("GMT") ? "" : region,
    offset: part(id, "en", "shortOffset")
      .replace("GMT", "UTC")
      .replace(/^UTC[+-]0$/, "UTC"),
  };
}

/** "14:05, 20 ноября 2026" at this moment. */
export function nowIn(timeZone: string, language: Language): string {
  return formats({ language, timeZone }).dateTime(new Date());
}

/** «New York» of America/New_York. */
const cityOf = (id: string) => (id.split("/").at(-1) ?? id).replaceAll("_", " ");

const continents: Readonly<Record<string, ZoneGroup>> = {
  Europe: "europe",
  Asia: "asia",
  America: "america",
  Africa: "africa",
  Australia: "pacific",
  Pacific: "pacific",
};

const groupOf = (id: string): ZoneGroup => continents[id.split("/")[0] ?? ""] ?? "other";

function part(id: string, language: Language, style: "shortOffset" | "longGeneric"): string {
  const parts = new Intl.DateTimeFormat(language, {
    timeZone: knownTimeZone(id),
    timeZoneName: style,
  }).formatToParts();
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}
