// Written by scripts/fix.py from the database. Do not edit.

/** Error codes of the database and of the functions, with their HTTP status. */
export const errorCodes = {
  sign_in_required: 401,
  subscription_required: 402,
  plan_limit_reached: 402,
  not_allowed: 403,
  address_not_allowed: 403,
  email_not_confirmed: 403,
  not_found: 404,
  trial_already_used: 409,
  subscription_exists: 409,
  verification_required: 409,
  request_pending: 409,
  last_owner: 409,
  slug_taken: 409,
  inn_taken: 409,
  invalid_transition: 409,
  invitation_used: 409,
  name_is_verified: 409,
  consent_required: 409,
  claimed_by_another: 409,
  too_many_organizations: 409,
  invitation_expired: 410,
  too_large: 413,
  invalid_input: 422,
  media_not_validated: 422,
  too_many_requests: 429,
  payment_provider_error: 502,
  unavailable: 503,
} as const;
export type ErrorCode = keyof typeof errorCodes;

/** What may be wrong with one field of an `invalid_input`. */
export const fieldCodes = [
  "required",
  "too_short",
  "too_long",
  "too_many",
  "unknown",
  "invalid",
  "invalid_slug",
  "invalid_inn",
  "invalid_email",
  "invalid_url",
  "credentials_in_url",
  "leads_to_itself",
  "local_part_not_ascii",
  "domain_not_ascii",
  "reserved",
  "contains_link",
  "mixed_scripts",
  "unchanged",
  "in_the_past",
  "out_of_range",
  "already_member",
  "not_asked_for",
  "not_the_address",
  "no_trial",
  "same_plan",
  "unknown_tax_code",
  "not_a_payment",
  "another_payment",
  "not_a_notification",
  "unknown_field",
  "not_json",
  "not_allowed",
  "contrast_too_low",
  "light_on_dark",
  "quiet_zone_too_small",
  "logo_too_big",
  "logo_needs_h",
  "unreadable",
  "too_small",
  "empty",
  "too_large",
  "wrong_type",
  "damaged",
  "polyglot",
  "encrypted",
  "no_pages",
  "active_content",
  "embedded_file",
  "too_many_pixels",
  "animated",
  "not_the_organizations",
  "missing_column",
  "too_many_rows",
  "encoding",
  "unclosed_quote",
] as const;
export type FieldCode = (typeof fieldCodes)[number];

/** Why a level was granted or lost, where no person wrote it. */
export const levelReasons = [
  "payment_failed",
  "paid",
  "granted",
  "granted_before",
  "grace_period_ended",
  "subscription_cancelled",
  "refunded",
  "paid_level_lost",
  "criteria_met",
  "criteria_not_met",
  "term_ended",
  "organization_deleted",
  "claim_upheld",
] as const;
export type LevelReason = (typeof levelReasons)[number];

/** Why a charge fails; true: the same card will be declined again. */
export const declineReasons = {
  "3d_secure_failed": true,
  call_issuer: false,
  canceled_by_merchant: false,
  card_expired: true,
  country_forbidden: true,
  expired_on_capture: false,
  expired_on_confirmation: false,
  fraud_suspected: true,
  general_decline: false,
  identification_required: true,
  insufficient_funds: false,
  internal_timeout: false,
  invalid_card_number: true,
  invalid_csc: true,
  issuer_unavailable: false,
  payment_method_limit_exceeded: false,
  payment_method_restricted: true,
  permission_revoked: true,
  rejected_by_timeout: false,
  unsupported_mobile_operator: true,
  no_payment_method: true,
  invalid_request: true,
  forbidden: true,
  subscription_over: false,
  already_paid: false,
  verification_required: true,
  not_as_asked: false,
  trial_already_used: false,
  abandoned: false,
  refused: false,
  other: false,
} as const;
export type DeclineReason = keyof typeof declineReasons;

/** Why a payment is put aside; true: the money goes back by itself. */
export const quarantineReasons = {
  amount: false,
  currency: false,
  shop: false,
  test: false,
  already_paid: true,
  subscription_over: true,
  verification_required: true,
  changed_meanwhile: true,
  given_up: true,
  abandoned: true,
} as const;
export type QuarantineReason = keyof typeof quarantineReasons;

/** What papers level B was given for. */
export const documentKinds = [
  "registration",
  "authority",
  "premises",
  "conformity",
  "veterinary",
  "laboratory",
  "licence",
  "photos",
  "other",
] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** Why a story is not published. */
export const storyRejectionCodes = [
  "off_topic",
  "advertising",
  "false_claim",
  "low_quality",
  "prohibited",
  "personal_data",
  "other",
] as const;
export type StoryRejectionCode = (typeof storyRejectionCodes)[number];

/** How many bytes an upload may have, by its kind. */
export const storyMediaLimits = { video: 104857600, image: 10485760 } as const;
export type StoryMediaLimit = keyof typeof storyMediaLimits;

/** The content types an upload may have, and its kind. */
export const storyMediaTypes = {
  "image/jpeg": "image",
  "image/png": "image",
  "image/webp": "image",
  "video/mp4": "video",
  "video/quicktime": "video",
  "video/webm": "video",
} as const;
export type StoryMediaType = keyof typeof storyMediaTypes;

/** What is wrong with a video or a picture. */
export const storyMediaProblems = [
  "empty",
  "too_large",
  "too_long",
  "too_small",
  "wrong_type",
  "wrong_codec",
  "no_video",
  "truncated",
  "damaged",
  "too_many_pixels",
  "playlist",
] as const;
export type StoryMediaProblem = (typeof storyMediaProblems)[number];

/** What people are told of. */
export const notificationKinds = [
  "status_granted",
  "status_expiring",
  "status_revoked",
  "request_reviewed",
  "trial_ending",
  "renewal_coming",
  "price_changing",
  "payment_succeeded",
  "payment_failed",
  "grace_started",
  "grace_ending",
  "payment_returned",
  "story_approved",
  "story_rejected",
  "invitation",
  "name_reviewed",
  "claim_received",
  "claim_reviewed",
  "release_coming",
  "support_answered",
  "report_reviewed",
] as const;
export type NotificationKind = (typeof notificationKinds)[number];
