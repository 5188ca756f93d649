import { useQuery } from "@tanstack/react-query";
import { ExternalLink, FileText } from "lucide-react";
import { evidenceFiles } from "../../api/upgradeRequests";
import { Icon } from "../../design/Icon";
import { Loaded, Skeleton } from "../../design/States";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";

/** Pictures are shown here; a document opens in a tab of its own, at an address good for an hour. */
export function Evidence({ paths }: { paths: readonly string[] }) {
  const t = useTexts(adminTexts).queue;
  const { fileSize } = useFormats();
  const files = useQuery(evidenceFiles(paths));
  if (paths.length === 0) return <p className="text-muted">{t.noEvidence}</p>;
  return (
    <Loaded query={files} skeleton={<Skeleton className="h-64 w-full rounded-md" />}>
      {(list) => (
        <ol className="flex flex-col gap-6">
          {list.map((file, index) => (
            <li key={file.path} className="flex flex-col gap-2">
              <p className="flex flex-wrap items-center gap-x-3">
                <span className="font-medium">{t.document(index + 1)}</span>
                {file.bytes !== null && <span className="text-sm text-muted">{fileSize(file.bytes)}</span>}
                {file.address ? (
                  <a
                    href={file.address}
                    target="_blank"
                    rel="noreferrer"
                    aria-label={`${t.document(index + 1)}: ${t.open}`}
                    className="link inline-flex min-h-8 items-center gap-1.5"
                  >
                    <Icon of={file.content_type === "application/pdf" ? FileText : ExternalLink} size={16} />
                    {t.open}
                  </a>
                ) : (
                  <span className="text-bad">{t.notRead}</span>
                )}
              </p>
              {file.address && file.content_type.startsWith("image/") && (
                <img
                  src={file.address}
                  alt={t.document(index + 1)}
                  className="max-h-[40rem] w-fit max-w-full rounded-md border border-line bg-sunken object-contain"
                />
              )}
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}
