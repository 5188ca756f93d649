"""What a badge promises, and the cases of other people's bug reports, about people and about money: each point, and the tests that hold it."""

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

MONEY = {
    "1 a stale intent": [
        "db/test_money_intents.py::test_case_01_of_two_pages_the_second_goes_back_and_no_credit_is_used_twice",
        "db/test_money_intents.py::test_case_01_a_stale_page_does_not_lower_the_plan",
        "db/test_money_intents.py::test_case_01_a_page_from_before_a_renewal_goes_back",
        "db/test_money_intents.py::test_case_01_a_refund_meanwhile_changes_what_is_credited",
        "db/test_money_intents.py::test_case_01_a_price_that_changed_meanwhile_is_not_taken",
        "db/test_money_intents.py::test_case_01_a_page_from_before_the_trial_goes_back",
        "db/test_money_intents.py::test_case_01_what_is_still_as_quoted_is_used",
        "web/test_money_in_words.py::test_case_01_who_paid_a_stale_page_reads_that_it_goes_back_and_why",
    ],
    "2 credit from the list price": [
        "db/test_money_value.py::test_case_02_credit_is_what_the_period_cost_and_not_what_it_would_cost_now",
        "db/test_money_value.py::test_case_02_what_went_back_or_is_on_its_way_is_no_credit",
        "db/test_money_value.py::test_case_02_a_credit_is_credited_on",
        "db/test_money_value.py::test_case_02_what_somebody_else_paid_is_no_credit_of_ours",
    ],
    "3 refund and credit for the same money": [
        "db/test_money_value.py::test_case_03_money_that_became_credit_is_not_refundable",
        "db/test_money_value.py::test_case_03_what_was_used_up_may_still_be_given_back",
        "db/test_money_value.py::test_case_03_after_the_later_payment_went_back_the_credit_can_and_the_change_is_undone",
        "db/test_money_value.py::test_case_03_a_refund_in_the_cabinet_takes_the_credit_off_the_later_period",
        "db/test_money_value.py::test_case_03_and_off_the_one_after_that",
        "web/test_money_in_words.py::test_case_03_who_gives_money_back_reads_what_became_credit",
    ],
    "4 refunding a small top-up ends everything": [
        "db/test_money_value.py::test_case_04_a_rouble_given_back_does_not_end_a_year_of_credit",
        "db/test_money_value.py::test_case_04_a_period_without_credit_ends_with_its_whole_price",
        "db/test_money_value.py::test_case_04_a_refund_of_a_period_that_is_over_ends_nothing",
    ],
    "5 dunning follows the old card": [
        "db/test_money_cards.py::test_case_05_a_decline_of_the_old_card_is_none_of_the_new_ones",
        "db/test_money_cards.py::test_case_05_a_charge_that_was_never_begun_goes_to_the_new_card",
        "db/test_money_cards.py::test_case_05_a_request_that_was_refused_goes_to_the_new_card",
        "db/test_money_cards.py::test_case_05_a_dead_card_is_not_planned_on",
        "db/test_money_cards.py::test_case_05_a_forgotten_card_is_not_planned_on",
        "web/test_money_in_words.py::test_case_05_who_forgot_the_card_in_grace_reads_that_there_is_none",
    ],
    "6 a late success undoes a cancellation": [
        "db/test_money_intents.py::test_case_06_a_late_success_gives_its_time_and_nothing_renews",
        "db/test_money_intents.py::test_case_06_who_cancelled_first_and_pays_then_goes_on",
        "db/test_money_intents.py::test_case_06_a_forgotten_card_does_not_come_back_with_a_late_success",
        "db/test_money_intents.py::test_case_06_a_card_that_the_bank_took_away_is_no_reason_not_to_save_another",
        "db/test_money_intents.py::test_case_06_a_success_after_a_debt_was_cancelled_goes_back",
        "db/test_money_intents.py::test_case_06_a_page_from_before_a_deletion_saves_no_card_after_it_is_undone",
    ],
    "7 missed periods charged at once": [
        "db/test_money_cards.py::test_case_07_a_pause_of_ours_is_not_billed",
        "db/test_money_cards.py::test_case_07_a_job_that_is_late_keeps_the_billing_day",
        "db/test_money_cards.py::test_case_07_after_a_pause_in_grace_the_period_begins_with_the_charge",
        "db/test_money_cards.py::test_case_07_a_trial_that_nobody_ended_is_not_billed_for",
    ],
    "8 unpaid, yet a subscriber for ever": [
        "db/test_money_quarantine.py::test_case_08_money_that_is_given_back_leaves_a_period_to_pay",
        "db/test_money_quarantine.py::test_case_08_money_that_is_accepted_begins_its_period",
        "db/test_money_quarantine.py::test_case_08_nobody_pays_again_and_grace_ends_by_the_ordinary_rules",
        "db/test_money_quarantine.py::test_case_08_a_wrong_shop_for_an_hour_strands_nobody",
        "db/test_money_quarantine.py::test_case_08_what_a_person_paid_is_accepted_too",
        "db/test_money_quarantine.py::test_case_08_what_is_accepted_too_late_goes_back",
        "db/test_money_quarantine.py::test_case_08_who_is_stranded_all_the_same_is_an_alert",
        "web/test_admin_payments.py::test_a_payment_that_was_not_as_asked_is_judged",
    ],
    "9 a failed refund nobody sees": [
        "db/test_money_failed_refunds.py::test_case_09_a_refund_that_fails_is_a_difference_and_is_asked_for_again",
        "db/test_money_failed_refunds.py::test_case_09_it_is_asked_for_later_each_time_and_not_for_ever",
        "db/test_money_failed_refunds.py::test_case_09_what_a_person_settled_otherwise_is_not_asked_for_again",
        "db/test_money_failed_refunds.py::test_case_09_what_was_given_back_otherwise_meanwhile_is_not_given_twice",
        "functions/test_refund.py::test_a_refund_the_bank_does_not_take_is_said_so",
    ],
    "10 a dead page handed out again": [
        "db/test_money_intents.py::test_case_10_a_page_is_not_handed_out_again_when_anything_changed",
        "functions/test_checkout.py::test_case_10_a_page_is_looked_at_before_it_is_given_again",
        "functions/test_checkout.py::test_case_10_when_nobody_can_say_no_page_is_given",
    ],
    "12 a new card in the last hour of grace": [
        "db/test_money_cards.py::test_case_12_a_new_card_is_tried_before_grace_ends",
        "db/test_money_cards.py::test_case_12_a_new_card_that_is_declined_too_ends_it",
        "db/test_money_cards.py::test_case_12_a_retry_that_a_pause_of_ours_kept_back_is_made_first",
    ],
    "13 a new price without a word": [
        "db/test_money_prices.py::test_case_13_the_price_subscribed_to_holds_until_a_notice_is_30_days_old",
        "db/test_money_prices.py::test_case_13_a_pause_of_ours_does_not_stand_for_a_notice",
        "db/test_money_prices.py::test_case_13_a_price_with_a_date_is_told_before_and_begins_with_it",
        "db/test_money_prices.py::test_case_13_a_price_that_is_taken_back_is_not_charged",
        "db/test_money_prices.py::test_case_13_the_page_says_both_prices",
        "web/test_money_in_words.py::test_case_13_who_holds_a_plan_reads_its_new_price_and_from_when",
    ],
    "one card, many trials": [
        "db/test_money_trials.py::test_the_third_trial_of_a_card_is_not_given_and_its_rouble_goes_back",
        "db/test_money_trials.py::test_who_is_refused_is_told_why_and_pays_at_once",
        "db/test_money_trials.py::test_after_ninety_days_a_card_begins_one_more",
        "db/test_money_trials.py::test_two_at_once_with_one_card_begin_one_where_one_is_left",
        "web/test_money_in_words.py::test_who_brings_a_card_for_a_third_trial_reads_why_there_is_none_and_pays",
    ],
    "an unfinished payment is continued or left": [
        "db/test_money_abandoned.py::test_a_page_that_is_left_is_over_for_everybody",
        "db/test_money_abandoned.py::test_money_that_comes_all_the_same_goes_back_by_itself",
        "db/test_money_abandoned.py::test_paid_and_left_at_the_same_moment_is_one_of_the_two",
        "web/test_money_in_words.py::test_an_unfinished_payment_is_gone_on_with_or_left",
    ],
    "held: a queued retry, back from the page, a calendar far away, a deletion while it is paid": [
        "db/test_subscription_life.py::test_while_a_person_pays_by_hand_the_card_is_left_alone",
        "web/test_payments.py::test_a_payment_that_was_left_can_be_gone_on_with",
        "db/test_subscription_life.py::test_periods_follow_the_billing_day",
        "db/test_money_intents.py::test_case_06_a_page_from_before_a_deletion_saves_no_card_after_it_is_undone",
    ],
}  # fmt: skip


@pytest.mark.parametrize("point", [*PROMISES, *CASES, *MONEY])
def test_it_is_held(point: str) -> None:
    assert missing((PROMISES | CASES | MONEY)[point]) == [], f"nobody holds: {point}"
