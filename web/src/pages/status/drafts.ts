/** Where a request that is being written is kept: the text as useForm keeps it, and the files that were judged. */
export const messageDraft = (organizationId: string) => `upgrade-${organizationId}`;
export const evidenceDraft = (organizationId: string) => `draft:evidence-${organizationId}`;

export function hasUpgradeDraft(organizationId: string): boolean {
  try {
    return [`draft:${messageDraft(organizationId)}`, evidenceDraft(organizationId)].some(
      (name) => sessionStorage.getItem(name) !== null,
    );
  } catch {
    return false;
  }
}
