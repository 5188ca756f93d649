import { useQuery } from "@tanstack/react-query";
import { requestQueue, type QueuedRequest } from "../../api/admin";
import { DateTime } from "../../design/Values";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { Queue } from "./Queue";
import { StatusRequest } from "./StatusRequest";

/** Requests for level B, oldest first. */
export function StatusRequestsPage() {
  const t = useTexts(adminTexts).queue;
  const queue = useQuery(requestQueue());
  return (
    <Queue<QueuedRequest>
      title={t.title}
      lead={t.lead}
      query={queue}
      waiting={(list) => t.waiting(list.length)}
      empty={t.empty}
      emptyText={t.emptyText}
      label={t.list}
      line={({ organizations, created_at, evidence_paths }) => ({
        name: organizations.name,
        note: (
          <>
            <DateTime at={created_at} /> · {t.documents(evidence_paths.length)}
          </>
        ),
      })}
    >
      {(request) => <StatusRequest key={request.id} request={request} />}
    </Queue>
  );
}
