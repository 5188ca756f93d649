import type { ContentOrigin } from "../api/stories";
import { useTexts } from "../i18n/dictionary";
import { storyTexts } from "../i18n/stories";

/** Where a story came from, said where it was not written here. */
export function ContentOriginBadge({ origin }: { origin: ContentOrigin }) {
  const t = useTexts(storyTexts).origin;
  if (origin === "direct_input") return null;
  return <span className="rounded-sm bg-sunken px-2 py-0.5 text-sm text-muted">{t[origin]}</span>;
}
