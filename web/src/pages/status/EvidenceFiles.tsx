import { useQuery } from "@tanstack/react-query";
import { FileText, Image } from "lucide-react";
import { evidenceFiles } from "../../api/upgradeRequests";
import { Icon } from "../../design/Icon";
import { Loaded, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { upgradeTexts } from "../../i18n/upgrade";

/** What was handed in with a request: links to the files themselves, which open in a tab of their own. */
export function EvidenceFiles({ paths }: { paths: readonly string[] }) {
  const t = useTexts(upgradeTexts);
  const { fileSize } = useFormats();
  const files = useQuery(evidenceFiles(paths));
  if (paths.length === 0) return <p className="text-muted">{t.noDocuments}</p>;
  return (
    <Loaded query={files} skeleton={<SkeletonLines count={paths.length} />}>
      {(list) => (
        <ul className="flex flex-col gap-1">
          {list.map((file, index) => (
            <li key={file.path} className="flex items-center gap-2">
              <Icon of={file.content_type === "application/pdf" ? FileText : Image} size={18} />
              <a
                href={file.address}
                target="_blank"
                rel="noreferrer"
                className="link inline-flex min-h-8 min-w-0 items-center wrap-anywhere"
              >
                {file.name ?? t.fileOf(index + 1)}
              </a>
              <span className="shrink-0 text-sm text-muted">{fileSize(file.bytes)}</span>
            </li>
          ))}
        </ul>
      )}
    </Loaded>
  );
}
