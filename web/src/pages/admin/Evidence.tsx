import { useQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { evidenceFiles } from "../../api/upgradeRequests";
import { Icon } from "../../design/Icon";
import { Loaded, Skeleton } from "../../design/States";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";

/** Pictures and documents are shown here, beside the decision; each opens in a tab of its own, too, at an address good for an hour. */
export function Evidence({ paths }: { paths: readonly string[] }) {
  const t = useTexts(adminTexts).queue;
  const { fileSize } = useFormats();
  const files = useQuery(evidenceFiles(paths));
  if (paths.length === 0) return <p className="text-muted">{t.noEvidence}</p>;
  return (
    <Loaded query={files} skeleton={<Skeleton className="h-64 w-full rounded-md" />}>
      {(list) => (
        <ol className="flex flex-col gap-6">
          {list.map((file, index) => {
            const name = file.name ?? t.document(index + 1);
            return (
              <li key={file.path} className="flex flex-col gap-2">
                <p className="flex flex-wrap items-center gap-x-3">
                  <span className="font-medium wrap-anywhere">{name}</span>
                  <span className="text-sm text-muted">{fileSize(file.bytes)}</span>
                  {file.address ? (
                    <a
                      href={file.address}
                      target="_blank"
                      rel="noreferrer"
                      aria-label={`${name}: ${t.open}`}
                      className="link inline-flex min-h-8 items-center gap-1.5"
                    >
                      <Icon of={ExternalLink} size={16} />
                      {t.open}
                    </a>
                  ) : (
                    <span className="text-bad">{t.notRead}</span>
                  )}
                </p>
                {file.address && <Shown address={file.address} type={file.content_type} name={name} />}
              </li>
            );
          })}
        </ol>
      )}
    </Loaded>
  );
}

function Shown({ address, type, name }: { address: string; type: string; name: string }) {
  const frame = "rounded-md border border-line bg-sunken";
  if (type.startsWith("image/")) {
    return (
      <img src={address} alt={name} className={`max-h-[40rem] w-fit max-w-full object-contain ${frame}`} />
    );
  }
  // From the origin of Storage, and looked into before: no script of ours is in its reach. A browser without a viewer of its
  // own would save the file instead of showing it.
  if (type !== "application/pdf" || !navigator.pdfViewerEnabled) return null;
  return (
    <iframe
      src={address}
      title={name}
      loading="lazy"
      referrerPolicy="no-referrer"
      className={`h-[70dvh] min-h-96 w-full ${frame}`}
    />
  );
}
