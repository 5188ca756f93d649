import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";

/** A job in words; its own name for one that has none. */
export function useJobName() {
  const names: Readonly<Record<string, string>> = useTexts(deskTexts).jobs.name;
  return (job: string) => names[job] ?? job;
}
