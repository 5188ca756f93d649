/**
 * The names under which answers are kept. Pages that change something ask anew by these, so that a key is
 * written once. Without the last part a key stands for all that begin with it.
 */
export const keys = {
  account: (userId?: string) => key("account", userId),
  organization: (slug?: string) => key("organization", slug),
  organizationSettings: (organizationId: string) => key("organization-settings", organizationId),
  members: (organizationId: string) => key("members", organizationId),
  invitations: (organizationId: string) => key("invitations", organizationId),
  invitation: (token: string, userId?: string) => key("invitation", token, userId),

  catalogue: (...asked: readonly string[]) => key("catalogue", ...asked),
  catalogueChoices: () => key("catalogue-choices"),

  overview: (organizationId: string) => key("overview", organizationId),
  statusOverview: (organizationId: string) => key("status-overview", organizationId),
  status: (organizationId: string) => key("status", organizationId),
  statusHistory: (organizationId: string) => key("status-history", organizationId),
  levelCCriteria: () => key("level-c-criteria"),
  upgradeRequests: (organizationId: string) => key("upgrade-requests", organizationId),
  nameChanges: (organizationId: string) => key("name-changes", organizationId),
  myClaims: (userId: string) => key("my-claims", userId),
  requestSteps: (organizationId: string) => key("request-steps", organizationId),
  verificationGuide: (category: string) => key("verification-guide", category),
  evidence: (paths: readonly string[]) => key("evidence", ...paths),

  mySupportMessages: (userId: string) => key("my-support-messages", userId),
  supportTicket: (id?: string) => key("support-ticket", id),

  reportOutcomes: () => key("report-outcomes"),
  adminReport: (id?: string) => key("admin-report", id),

  qrStyle: (id: string) => key("qr-style", id),
  qrPreview: (organizationId: string, style: string) => key("qr-preview", organizationId, style),
  qrVerdict: (style: string) => key("qr-verdict", style),
  qrPage: (code: string) => key("qr-page", code),
  stories: (organizationId: string) => key("stories", organizationId),
  story: (id: string) => key("story", id),
  mediaPreview: (mediaId: string) => key("media-preview", mediaId),
  storyLog: (id: string) => key("story-log", id),
  storySearch: (organizationId: string, query: string) => key("story-search", organizationId, query),
  storyTitles: (ids: readonly string[]) => key("story-titles", ...ids),
  publishedStories: (organizationId: string, type?: string) => key("published-stories", organizationId, type),
  moderationQueue: () => key("moderation-queue"),
  qrCodes: (organizationId: string, ...asked: readonly string[]) => key("qr-codes", organizationId, ...asked),
  qrCode: (id: string) => key("qr-code", id),
  qrTargetChanges: (id: string) => key("qr-code", id, "targets"),
  qrTimeline: (id: string, period: string) => key("qr-timeline", id, period),
  qrBreakdown: (id: string, period: string, dimension: string) => key("qr-breakdown", id, period, dimension),

  platformPage: (page: string, locale: string, version: string) =>
    key("platform-page", page, locale, version),
  textsInForce: (locale: string) => key("texts-in-force", locale),
  myConsents: (userId: string) => key("my-consents", userId),

  plans: () => key("plans"),
  billing: (organizationId: string) => key("billing", organizationId),
  planChangeQuote: (organizationId: string, planId?: string) =>
    key("plan-change-quote", organizationId, planId),
  transaction: (transactionId: string) => key("transaction", transactionId),
  paymentState: (transactionId?: string) => key("payment-state", transactionId),

  notifications: () => key("notifications"),
  notificationList: (userId: string) => key("notifications", userId, "list"),
  notificationKinds: () => key("notification-kinds"),
  notificationSettings: (userId: string) => key("notification-settings", userId),

  /** A list of the desk, however it is narrowed. */
  deskList: (name: string, asked?: string) => key("desk", name, asked),
  adminPeople: () => key("admin-people"),
  jobs: () => key("jobs"),
  adminRequest: (id?: string) => key("admin-request", id),
  adminClaim: (id?: string) => key("admin-claim", id),
  adminNameChange: (id?: string) => key("admin-name-change", id),
  adminOrganization: (organizationId: string) => key("admin-organization", organizationId),
  adminLevels: (organizationIds: readonly string[] = []) => key("admin-levels", ...organizationIds),
  adminPayment: (transactionId?: string) => key("admin-payment", transactionId),
  paymentDifferences: () => key("payment-differences"),
};

type Part = string | number;

/** What is undefined is left out, and with it the key is only a beginning. */
const key = (...parts: readonly (Part | undefined)[]): readonly Part[] =>
  parts.filter((part) => part !== undefined);
