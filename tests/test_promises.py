"""What a badge promises, and the cases of other people's bug reports: each point, and the tests that hold it."""

from __future__ import annotations

import pytest
from kit.held import missing

PROMISES = {
    "nothing is hidden: revoked, unticked, deleted, renamed, claimed, out of grace": [
        "web/test_what_buyers_see.py::test_a_visitors_key_is_told_everything",
        "web/test_what_buyers_see.py::test_the_page_tells_a_buyer_the_same",
        "db/test_public_page.py::test_a_lost_level_cannot_be_hidden",
        "db/test_public_page.py::test_a_deleted_organization_answers_honestly",
        "db/test_public_page.py::test_after_the_cleanup_a_company_keeps_its_name_and_number",
        "db/test_public_page.py::test_after_the_cleanup_a_person_is_masked_everywhere",
    ],
    "before the first level there is no public page": [
        "db/test_public_page.py::test_before_the_first_level_only_the_people_of_the_house_see_a_page",
    ],
    "verified is said while B is held": [
        "db/test_public_status.py::test_verified_is_what_holds_b_and_not_what_was_approved",
        "db/test_public_status.py::test_a_term_that_is_over_verifies_nobody_before_the_job_came",
        "db/test_public_status.py::test_an_admin_who_takes_b_unverifies_whatever_words_they_type",
    ],
    "no borrowed name": [
        "db/test_names.py::test_before_the_first_payment_buyers_are_told_who_it_is_by_law",
        "db/test_name_changes.py::test_a_verified_name_is_not_changed_directly",
        "db/test_name_changes.py::test_an_approved_name_stands_at_once_and_the_history_shows_both",
        "db/test_name_changes.py::test_an_approval_is_for_the_name_it_was_given_to",
        "db/test_name_changes.py::test_b_says_what_was_verified",
    ],
    "a claim counts its roubles, against a trial, A and B": [
        "db/test_claims.py::test_a_claim_upheld",
        "db/test_claims.py::test_what_was_credited_goes_back_to_the_card_that_paid_it",
        "db/test_claims.py::test_a_claim_rejected_changes_nothing",
    ],
    "two claims at once": [
        "db/test_concurrency.py::test_two_moderators_uphold_one_of_two_claims",
        "db/test_concurrency.py::test_one_claim_is_decided_once",
        "db/test_claims.py::test_of_two_claims_one_is_upheld_and_the_other_is_told",
    ],
    "a hundred organizations at once for one INN": ["db/test_claims.py::test_a_hundred_at_once_for_one_inn_and_one_wins"],
    "claims have limits, and a freed INN waits for its claimant": [
        "db/test_claims.py::test_five_claims_are_made_a_day",
        "db/test_claims.py::test_a_freed_inn_waits_thirty_days_for_its_claimant",
    ],
    "papers of claims are inspected, and go with their claim and person": [
        "functions/test_uploads.py::test_papers_of_a_claim_are_inspected_and_go_when_no_claim_names_them",
        "db/test_claims.py::test_papers_and_words_go_with_whoever_claimed",
    ],
    "what was never used is released": [
        "db/test_claims.py::test_what_was_never_used_is_released_after_a_word",
        "db/test_claims.py::test_what_is_used_or_waited_for_is_kept",
    ],
    "cancelling and resuming is no buyer's business": [
        "db/test_public_page.py::test_cancelling_and_resuming_is_no_buyers_business",
    ],
    "1,000 messages of which 100 are poison": [
        "functions/test_mail_poison.py::test_of_1000_messages_100_are_poison_and_900_go_in_one_run",
    ],
}  # fmt: skip
CASES = {
    "1 one bad address stops the queue": [
        "functions/test_mail_poison.py::test_a_poisoned_message_is_settled_with_its_reason",
        "functions/test_mail_poison.py::test_a_message_the_server_hangs_up_on_keeps_no_other_from_going",
        "db/test_people_and_organizations.py::test_an_address_is_one_that_mail_servers_take",
    ],
    "2 the year 9999": [
        "functions/test_mail_poison.py::test_a_level_until_the_end_of_the_calendar_is_told_in_any_zone",
        "db/test_status_levels.py::test_odd_terms_are_refused",
        "db/test_upgrade_requests.py::test_an_approval_has_an_end_that_comes",
    ],
    "3 spaces lost between encoded words": [
        "functions/test_mail_headers.py::test_what_is_decoded_is_what_was_written_for_10_000_names",
        "functions/test_mail_headers.py::test_spaces_between_encoded_words_are_kept",
    ],
    "4 Etc/Unknown": [
        "web/test_browser_cases.py::test_a_browser_that_knows_no_time_zone_shows_every_page",
        "web/test_browser_cases.py::test_a_zone_the_browser_does_not_know_shows_the_dashboard",
    ],
    "5 a day off": [
        "functions/test_emails.py::test_what_comes_late_speaks_of_what_was",
        "functions/test_emails.py::test_days_are_counted_when_it_is_sent_by_the_organizations_midnights",
        "db/test_email_delivery.py::test_dates_of_an_email_are_the_organizations",
        "db/test_email_delivery.py::test_an_invitation_ends_by_the_organizations_clock",
        "web/test_notification_pages.py::test_every_kind_has_its_words",
    ],
    "6 chance bytes taken for markup": [
        "functions/test_file_cases.py::test_chance_bytes_in_compressed_data_are_no_markup",
        "functions/test_file_cases.py::test_a_webp_is_looked_at_beside_its_picture_only",
    ],
    "7 owner-password PDF": [
        "functions/test_file_cases.py::test_a_document_that_opens_without_a_password_is_inspected",
        "functions/test_file_cases.py::test_blanks_around_a_document_are_no_part_of_it",
        "functions/test_file_cases.py::test_anything_else_around_it_makes_it_another_file",
    ],
    "8 mail after unsubscribing": [
        "db/test_email_delivery.py::test_who_changed_their_mind_between_telling_and_sending_gets_no_mail",
        "db/test_email_delivery.py::test_a_smaller_role_is_not_told_what_it_no_longer_may_know",
        "db/test_email_delivery.py::test_a_deleted_persons_queued_messages_go_with_them",
        "db/test_email_delivery.py::test_what_is_always_told_goes_whatever_was_chosen",
    ],
    "9 drafts survive sign-out": [
        "web/test_browser_cases.py::test_what_one_person_typed_is_not_shown_to_the_next",
        "web/test_browser_cases.py::test_leaving_clears_what_was_typed",
        "web/test_accounts.py::test_a_session_that_ends_loses_nothing_typed",
    ],
    "10 punycode": [
        "db/test_canonical_email.py::test_one_mailbox_has_one_form",
        "db/test_canonical_email.py::test_a_label_is_what_the_domain_name_system_has",
        "db/test_canonical_email.py::test_an_invitation_finds_its_person_however_auth_kept_them",
        "db/test_canonical_email.py::test_receipts_go_to_an_address_kept_in_one_form",
        "db/test_canonical_email.py::test_an_answer_goes_to_one_form",
        "web/test_browser_cases.py::test_one_mailbox_is_one_however_its_domain_is_written",
        "stack/test_auth_contract.py::test_one_way_to_write_an_email_is_as_good_as_another",
    ],
    "11 Cyrillic local part": [
        "db/test_people_and_organizations.py::test_an_address_is_one_that_mail_servers_take",
        "db/test_email_delivery.py::test_who_invited_sees_what_became_of_the_email",
        "web/test_browser_cases.py::test_who_invited_sees_that_the_email_reached_nobody",
    ],
    "13 broken EXIF": [
        "functions/test_file_cases.py::test_an_exif_that_cannot_be_read_is_ignored",
        "functions/test_file_cases.py::test_what_nobody_thought_of_is_the_files_fault_and_is_logged",
    ],
    "14 read all swallows what came since": [
        "db/test_notifications.py::test_reading_all_stops_at_the_newest_that_was_shown",
        "web/test_browser_cases.py::test_reading_all_leaves_what_came_after_the_list_was_shown",
    ],
    "16 72 bytes": [
        "stack/test_auth_contract.py::test_a_password_has_8_characters_to_72_bytes",
        "stack/test_auth_contract.py::test_what_fits_opens_the_account_and_nothing_near_it_does",
        "web/test_accounts.py::test_a_password_is_judged_before_it_is_sent",
    ],
    "18 search misses NFD": [
        "db/test_names.py::test_a_name_is_kept_in_one_form",
        "web/test_browser_cases.py::test_a_name_typed_email_and_mark_apart_is_kept_and_found_as_one",
        "web/test_moderation.py::test_the_search_finds_by_name_and_inn_and_the_link_shares_it",
    ],
}  # fmt: skip


@pytest.mark.parametrize("point", [*PROMISES, *CASES])
def test_it_is_held(point: str) -> None:
    assert missing((PROMISES | CASES)[point]) == [], f"nobody holds: {point}"
