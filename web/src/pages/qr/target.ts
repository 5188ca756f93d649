import { useQuery } from "@tanstack/react-query";
import type { QrCode, QrItem, QrTargetKind } from "../../api/qr";
import { storyTitles } from "../../api/stories";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";

type Target = Pick<QrCode, "target_url" | "story_id"> & { target_kind: string };

/** Where codes lead, in words: the address itself, the story's title, or what stands there. */
export function useTargetInWords(targets: readonly Target[]) {
  const texts = useTexts(qrTexts);
  const ids = [...new Set(targets.flatMap(({ story_id }) => story_id ?? []))].sort();
  const { data: titles } = useQuery(storyTitles(ids));
  return ({ target_kind, target_url, story_id }: Target): string => {
    if (target_kind !== "story") return target_url ?? texts.kind[target_kind as QrTargetKind];
    const title = story_id && titles?.get(story_id);
    if (title) return texts.story.named(title);
    return story_id && !titles ? texts.kind.story : texts.story.gone;
  };
}

export type TargetValues = { kind: QrTargetKind; url: string; story: string };

export const noTarget: TargetValues = { kind: "organization_page", url: "", story: "" };

/** What is missing before it can be asked for. */
export function targetFaults({ kind, url, story }: TargetValues): { url?: string; story?: string } {
  if (kind === "url" && !url.trim()) return { url: "required" };
  if (kind === "story" && !story) return { story: "required" };
  return {};
}

/** The fields of a form that say where a code leads, as the database takes them. */
export function targetOf({
  kind,
  url,
  story,
}: TargetValues): Pick<QrItem, "target_kind" | "target_url" | "story_id"> {
  if (kind === "url") return { target_kind: "url", target_url: withScheme(url.trim()) };
  if (kind === "story") return { target_kind: "story", story_id: story };
  return { target_kind: "organization_page" };
}

/** «paseka.ru» is what people type. */
function withScheme(url: string): string {
  return url === "" || /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `https://${url}`;
}

/** Tags as people type them, separated by commas. */
export function tagsOf(words: string): string[] {
  return words
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}
