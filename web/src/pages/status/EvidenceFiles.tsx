import { useQuery } from "@tanstack/react-query";
import { FileText, Image } from "lucide-react";
import { evidenceFiles } from "../../api/upgradeRequests";
import { Icon } from "../../design/Icon";
import { Loaded, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { upgradeTexts } from "../../i18n/upgrade";

const kinds: Record<string, string> = {
  "application/pdf": "PDF",
  "image/jpeg": "JPEG",
  "image/png": "PNG",
};

/** What was handed in with a request: links to the files themselves, which open in a tab of their own. */
export function EvidenceFiles({ paths }: { paths: readonly string[] }) {
  const t = useTexts(upgradeTexts);
  const { fileSize } = useFormats();
  const files = useQuery(evidenceFiles(paths));
  if (paths.length === 0) return <p className="text-muted">{t.noDocuments}</p>;
  return (
    <Loaded query={files} skeleton={<SkeletonLines count={2} />}>
      {(list) => (
        <ul className="flex flex-wrap gap-x-6 gap-y-1">
          {list.map((file, index) => (
            <li key={file.path} className="flex items-center gap-2">
              <Icon of={file.content_type === "application/pdf" ? FileText : Image} size={18} />
              <a
                href={file.address}
                target="_blank"
                rel="noreferrer"
                className="link inline-flex min-h-8 items-center"
              >
                {t.fileOf(index + 1)}
              </a>
              <span className="text-sm text-muted">
                {[kinds[file.content_type], file.bytes !== null && fileSize(file.bytes)]
                  .filter(Boolean)
                  .join(", ")}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Loaded>
  );
}
