import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";

/** The keyboard's way past the header. */
export function SkipLink() {
  const t = useTexts(common);
  return (
    <a
      href="#content"
      className="fixed top-2 left-2 z-30 -translate-y-20 rounded-md bg-ink px-4 py-3 text-paper focus:translate-y-0"
    >
      {t.skipToContent}
    </a>
  );
}
