import type { QrCode, QrItem, QrTargetKind } from "../../api/qr";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";

/** Where a code leads, in words: the address itself, or what stands there. */
export function useTargetInWords() {
  const { kind } = useTexts(qrTexts);
  return ({ target_kind, target_url }: Pick<QrCode, "target_url"> & { target_kind: string }) =>
    target_url ?? kind[target_kind as QrTargetKind];
}

/** The fields of a form that say where a code leads, as the database takes them. */
export function targetOf(values: { kind: string; url: string }): Pick<QrItem, "target_kind" | "target_url"> {
  return values.kind === "url"
    ? { target_kind: "url", target_url: withScheme(values.url.trim()) }
    : { target_kind: "organization_page" };
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
