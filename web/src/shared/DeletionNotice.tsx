import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asApiError, type ApiError } from "../api/errors";
import { restoreOrganization } from "../api/organizations";
import { Button } from "../design/Button";
import { catchFocus } from "../design/focus";
import { Notice, Problem } from "../design/Notice";
import { toast } from "../design/toast";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { useFormats } from "../i18n/format";
import { useOrganization } from "./organization";

/** How long a deletion can be undone, in days (sql/85_organization_deletion.sql). */
export const undoDays = 30;

/** Above every page of an organization that is being deleted: until when, and the way back. */
export function DeletionNotice() {
  const t = useTexts(common).deletion;
  const { organization, role, timeZone } = useOrganization();
  const { date } = useFormats(timeZone);
  const queries = useQueryClient();
  const [pending, setPending] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const since = organization.deletion_requested_at;
  if (!since) return null;

  async function undo() {
    setPending(true);
    setProblem(undefined);
    try {
      await restoreOrganization(organization.id);
      await queries.invalidateQueries();
      toast(t.undone);
      catchFocus(); // the notice is gone, its button with it
    } catch (error) {
      setProblem(asApiError(error));
    } finally {
      setPending(false);
    }
  }

  return (
    <div className="mb-8 flex flex-col gap-3">
      <Notice
        kind="warning"
        title={t.title(organization.name, date(new Date(Date.parse(since) + undoDays * 86_400_000)))}
        action={
          role === "owner" && (
            <Button size="small" pending={pending && t.undoing} onClick={() => void undo()}>
              {t.undo}
            </Button>
          )
        }
      >
        {t.text}
      </Notice>
      {problem && <Problem error={problem} />}
    </div>
  );
}
