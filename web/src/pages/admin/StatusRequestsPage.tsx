import { adminRequest, type QueuedRequest } from "../../api/admin";
import { adminTexts } from "../../i18n/admin";
import { useTexts } from "../../i18n/dictionary";
import { RequestDesk } from "./RequestDesk";
import { StatusRequest } from "./StatusRequest";

/** Requests for level B, oldest first. */
export function StatusRequestsPage() {
  return (
    <RequestDesk<QueuedRequest>
      kind="upgrade"
      path="/admin/status-requests"
      texts={useTexts(adminTexts).queue}
      one={adminRequest}
    >
      {(each) => <StatusRequest key={each.id} request={each} />}
    </RequestDesk>
  );
}
