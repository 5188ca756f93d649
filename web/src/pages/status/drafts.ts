/** Where a request that is being written is kept: the text as useForm keeps it, and the files that were judged. */
import { readDraft } from "../../design/drafts";

export const messageDraft = (organizationId: string) => `upgrade-${organizationId}`;
export const evidenceDraft = (organizationId: string) => `evidence-${organizationId}`;

export function hasUpgradeDraft(organizationId: string): boolean {
  return [messageDraft(organizationId), evidenceDraft(organizationId)].some(
    (name) => readDraft(name) !== undefined,
  );
}
