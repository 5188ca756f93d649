"""What was once done to us, point by point, and the tests that hold it. Each must be there."""

from __future__ import annotations

import pytest
from kit.held import missing

HELD = {
    "only the four services exist at the API": ["stack/test_edge.py::test_nothing_but_the_four_services_is_there"],
    "no spelling of a path reaches another": ["stack/test_edge.py::test_no_spelling_leads_to_another_route"],
    "the API connects as no superuser": [
        "stack/test_edge.py::test_the_api_connects_as_roles_that_can_do_no_harm",
        "stack/test_edge.py::test_no_statement_reaches_beyond_the_database",
        "stack/test_edge.py::test_who_asks_for_the_schema_reads_no_row",
    ],
    "a name says nothing but a name": [
        "db/test_names.py::test_what_is_no_name_has_a_reason",
        "db/test_names.py::test_a_table_takes_names_only",
        "db/test_names.py::test_any_text_is_a_name_or_has_a_reason",
    ],
    "an e-mail carries nobody's words in its headers or markup": [
        "functions/test_deliver_email.py::test_a_name_adds_no_header_no_paragraph_and_no_markup",
        "functions/test_mail_headers.py::test_a_header_of_ours_takes_no_second_line",
    ],
    "an invitation names the organization and a confirmed address": [
        "functions/test_deliver_email.py::test_an_invitation_names_who_sent_it_by_their_confirmed_address",
    ],
    "invitations have limits, whoever is taken back": [
        "db/test_people_and_organizations.py::test_twenty_emails_are_sent_a_minute_and_no_more",
        "db/test_people_and_organizations.py::test_fifty_are_sent_a_day_whoever_is_taken_back",
        "db/test_people_and_organizations.py::test_one_address_gets_three_a_day_from_all",
    ],
    "an invitation that is over is not sent, and nobody comes back by one of their own": [
        "db/test_people_and_organizations.py::test_an_invitation_taken_back_is_not_sent",
        "db/test_people_and_organizations.py::test_who_is_gone_has_invited_nobody",
        "db/test_email_delivery.py::test_an_invitation_that_is_over_is_not_sent",
    ],
    "no organization reads what a card is charged by": [
        "db/test_money_cards.py::test_what_a_card_is_charged_by_goes_from_what_was_sent_when_it_is_decided",
        "db/test_money_cards.py::test_a_charge_that_was_stopped_names_no_card_either",
    ],
    "an invitation opens for its mailbox only": [
        "db/test_confirmed_email.py::test_an_invitation_is_for_who_has_the_mailbox_not_for_who_knows_the_address",
    ],
    "an e-mail address is proved": [
        "stack/test_auth_contract.py::test_an_address_is_proved_before_anybody_is_signed_in",
        "stack/test_auth_contract.py::test_nobody_gets_in_without_a_password",
        "stack/test_parts.py::test_addresses_are_confirmed_unless_told_otherwise",
        "db/test_confirmed_email.py::test_who_has_not_confirmed_founds_pays_and_invites_nothing",
    ],
    "another address needs both mailboxes": [
        "stack/test_auth_contract.py::test_another_address_needs_both_mailboxes",
        "stack/test_auth_contract.py::test_both_mailboxes_at_once_change_it_once",
    ],
    "each form's link is opened from the mail": [
        "web/test_accounts.py::test_an_address_is_confirmed_by_a_button_and_not_by_opening_a_link",
        "web/test_accounts.py::test_a_forgotten_password_is_replaced_by_the_email",
        "web/test_accounts.py::test_another_address_is_confirmed_from_both_mailboxes",
        "web/test_people.py::test_called_in_by_an_email",
    ],
    "nobody learns who has an account": [
        "stack/test_auth_contract.py::test_signing_up_does_not_say_who_has_an_account",
        "stack/test_auth_contract.py::test_signing_up_takes_as_long_for_who_has_an_account",
        "stack/test_auth_contract.py::test_asking_for_a_new_password_says_nothing_about_who_has_an_account",
    ],
    "a password is none that is guessed, and guessing ends": [
        "stack/test_auth_contract.py::test_a_password_has_8_characters_to_72_bytes",
        "stack/test_auth_contract.py::test_a_common_password_is_refused",
        "stack/test_auth_contract.py::test_wrong_passwords_are_refused_and_then_not_tried",
    ],
    "a new password ends every other session": ["stack/test_auth_contract.py::test_a_new_password_ends_every_other_session"],
    "a link with a session in it replaces none": ["web/test_accounts.py::test_a_session_in_a_link_is_not_taken"],
    "a link is opened by a button, and leads to us": [
        "stack/test_auth_contract.py::test_a_link_leads_to_our_page",
        "stack/test_auth_contract.py::test_a_link_never_leads_to_another_site",
    ],
    "`next` takes paths of our own routes only": ["web/test_accounts.py::test_nobody_is_handed_to_another_site"],
    "a document does nothing when it is opened": [
        "functions/test_file_cases.py::test_nothing_else_happens_by_itself",
        "functions/test_file_cases.py::test_a_document_may_open_at_a_page_of_its_own",
        "functions/test_file_cases.py::test_a_kind_of_action_cannot_hide_behind_a_reference",
        "functions/test_file_cases.py::test_what_is_outside_or_moves_is_refused_wherever_it_stands",
        "functions/test_file_cases.py::test_a_click_starts_nothing",
    ],
    "a document that opens without a password is inspected": [
        "functions/test_file_cases.py::test_a_document_that_opens_without_a_password_is_inspected",
    ],
    "inspecting has an end, and holds up nobody else": [
        "functions/test_file_cases.py::test_a_document_of_very_many_objects_is_given_up_at_once",
        "functions/test_uploads.py::test_a_person_has_ten_files_a_minute_inspected",
        "functions/test_file_cases.py::test_a_line_that_is_too_long_refuses_and_says_when_to_come_back",
        "functions/test_file_cases.py::test_one_persons_files_never_hold_up_anothers",
    ],
    "another project is left alone until told": [
        "stack/test_life.py::test_another_supabase_and_another_yookassa",
        "stack/test_life.py::test_another_supabase_is_configured_and_scheduled_when_told",
    ],
    "an organization has so much room for files": [
        "functions/test_uploads.py::test_an_organization_has_room_for_so_much_and_no_more",
        "functions/test_uploads.py::test_what_lies_about_is_removed_after_a_day",
    ],
    "a body is as large as it may be, and comes in time": [
        "stack/test_edge.py::test_what_is_too_large_is_not_read",
        "stack/test_edge.py::test_a_body_of_unknown_length_is_followed",
        "stack/test_edge.py::test_a_body_that_does_not_end_is_not_waited_for",
        "stack/test_edge.py::test_an_upload_is_as_large_as_its_bucket_says",
        "stack/test_edge.py::test_a_function_says_itself_what_it_reads",
    ],
    "embedding six tables deep is refused": ["stack/test_edge.py::test_embedding_has_an_end"],
    "a statement is ended in time": ["stack/test_edge.py::test_statements_are_ended_in_time"],
    "a website is a web address, and nothing turns in it": ["db/test_people_and_organizations.py::test_a_website_is_a_web_address"],
    "visitors do not read who made an organization": [
        "db/test_public_page.py::test_visitors_read_published_rows_without_who_made_them",
    ],
    "what a card is charged by is ours alone": ["db/test_billing.py::test_what_a_card_is_charged_by_is_ours_alone"],
    "payments of the deleted name no person and no card": [
        "db/test_payment_traces.py::test_the_receipts_customer_and_the_cards_digits_go_with_the_organization",
        "db/test_organization_deletion.py::test_after_30_days_nothing_names_a_person_or_a_card",
    ],
    "nothing of a stack is for another user of the machine": [
        "stack/test_private.py::test_files_and_command_lines_are_for_nobody_else",
        "stack/test_private.py::test_a_log_begins_anew",
    ],
    "the web says what may be done with it": [
        "stack/test_parts.py::test_the_web_says_where_everything_is_and_lets_the_page_call_nothing_else",
    ],
    "a webhook is looked into, not believed": [
        "functions/test_billing_life.py::test_signature_verified_by_secret_address_and_refetch",
        "functions/test_billing_life.py::test_a_notification_that_lies_is_refused_by_the_look_at_the_payment",
        "attack/test_standing_attack.py::test_no_webhook_is_believed",
    ],
    "time travels for tests only": [
        "functions/test_payment_sweep.py::test_time_travel_is_for_tests_only",
        "attack/test_standing_attack.py::test_no_job_runs_for_who_is_not_the_scheduler",
    ],
    "no secret is in a log": [
        "functions/test_billing_life.py::test_secrets_are_in_no_log_of_any_process",
        "functions/test_logs.py::test_secrets_cards_and_addresses_are_left_out_wherever_they_stand",
    ],
    "a lost level cannot be hidden": ["db/test_public_page.py::test_a_lost_level_cannot_be_hidden"],
    "a verified name cannot be changed to another's": ["db/test_name_changes.py::test_a_verified_name_is_not_changed_directly"],
    "an INN cannot be held against whose it is": ["db/test_claims.py::test_a_claim_upheld"],
    "nobody founds by the dozen": [
        "db/test_claims.py::test_ten_are_made_a_day",
        "db/test_claims.py::test_a_person_holds_three_without_a_level",
    ],
    "our own addresses are not given": ["db/test_claims.py::test_our_own_addresses_are_not_given"],
}  # fmt: skip


@pytest.mark.parametrize("point", HELD)
def test_it_is_held(point: str) -> None:
    assert missing(HELD[point]) == [], f"nobody holds that {point}"
