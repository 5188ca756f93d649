"""deliver_email: each e-mail once, whatever happens to the mail server or to us."""

from __future__ import annotations

import json
import re
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from kit.customer import Customer
from kit.env import Env
from kit.mail import Mail, body_of, smtp_settings
from kit.refused import Refused
from kit.server import CLIENT
from kit.waiting import at_once

LEASE_MINUTES = 6


@pytest.fixture
def team(anna: Customer) -> list[str]:
    """The addresses of six people of Anna's organization, hers first."""
    people = [anna, *(anna.hire(name, "viewer") for name in ["Борис", "Вера", "Глеб", "Дарья", "Егор"])]
    return [person.person.email for person in people]


def test_emails_arrive_in_words_and_are_written_down(mail: Mail, anna: Customer) -> None:
    mail.tell(anna)
    assert mail.deliver() | {"as_of": None} == {
        "as_of": None,
        "sent": 1,
        "postponed": 0,
        "given_up": 0,
        "failed": 0,
        "mail_server": "ok",
    }
    (email,) = mail.office.received(anna.person.email)
    assert email["Subject"].endswith("получен статус B — «Проверено»")
    assert str(email["From"]) == "Честно <no-reply@chestno.example>"
    assert (email["To"], email["Auto-Submitted"]) == (anna.person.email, "auto-generated")
    assert email.get_content_type() == "multipart/alternative"
    text, html = body_of(email, "plain"), body_of(email, "html")
    assert "Он действует до" in text
    assert "Он действует до" in html
    assert f"{mail.env.stack.web}/organizations/paseka-" in text
    (row,) = mail.outbox(anna.person.email)
    assert (row["status"], row["attempts"], row["error"]) == ("sent", 1, None)
    assert email["Message-ID"] == f"<{row['id']}@chestno.example>"


def test_an_idle_minute_leaves_the_mail_server_alone(mail: Mail) -> None:
    assert mail.deliver()["sent"] == 0
    assert mail.office.connections == 0


def test_all_emails_of_a_run_go_over_one_connection(mail: Mail, anna: Customer, team: list[str]) -> None:
    mail.tell(anna)
    assert mail.deliver()["sent"] == 6
    assert mail.office.connections == 1
    assert mail.office.counted() == dict.fromkeys(team, 1)


def test_each_run_is_kept_with_its_summary(mail: Mail, anna: Customer) -> None:
    mail.tell(anna)
    summary = mail.deliver()
    (run,) = mail.env.rows("select * from public.job_runs where as_of = %s", summary["as_of"])
    assert (run["job"], run["status"]) == ("deliver_email", "ok")
    assert {"as_of": summary["as_of"], **run["summary"]} == summary


# The mail server is not well


def test_a_mail_server_that_is_down_for_an_hour_costs_nothing(
    mail: Mail, anna: Customer, team: list[str]
) -> None:
    mail.office.shut()
    mail.tell(anna)
    for minute in range(60):
        summary = mail.deliver(minute)
        assert (summary["sent"], summary["failed"], summary["mail_server"]) == (0, 1, "SMTPConnectError")
    assert not any(row["attempts"] for address in team for row in mail.outbox(address))
    mail.office.open()
    assert mail.deliver(60)["sent"] == 6
    assert mail.deliver(61)["sent"] == 0
    assert mail.office.counted() == dict.fromkeys(team, 1)


def test_a_run_without_a_mail_server_is_kept_as_failed(mail: Mail, anna: Customer) -> None:
    mail.office.shut()
    mail.tell(anna)
    summary = mail.deliver()
    (run,) = mail.env.rows("select * from public.job_runs where as_of = %s", summary["as_of"])
    assert (run["status"], run["error"]) == ("failed", "1 items failed")


def test_a_server_that_dies_over_an_email_gets_it_again_when_it_lives(
    mail: Mail, anna: Customer, team: list[str]
) -> None:
    mail.office.dies_over = team[3]
    mail.tell(anna)
    summary = mail.deliver()
    assert summary["failed"] == 1
    assert summary["sent"] == len(mail.office.messages) < 6
    assert summary["postponed"] == 1
    mail.office.shut()
    mail.office.dies_over = None
    mail.office.open()
    mail.deliver(1)  # what was not tried
    mail.deliver(2)  # and the one it died over, a minute later
    assert mail.office.counted() == dict.fromkeys(team, 1)


def test_a_server_that_hangs_is_not_waited_for_for_ever(mail: Mail, anna: Customer, env: Env) -> None:
    mail.tell(anna)
    mail.office.holds = anna.person.email
    with env.more_functions(**smtp_settings(mail.office) | {"SMTP_SECONDS": "0.5"}) as (functions, _):
        summary = mail.deliver(functions=functions)
    assert (summary["postponed"], summary["mail_server"]) == (1, "SMTPReadTimeoutError")
    mail.office.let_go.set()
    mail.deliver(2)
    first, second = mail.office.received(anna.person.email)
    assert first["Message-ID"] == second["Message-ID"], "the mailbox knows that it has this one"


def test_a_busy_server_is_asked_again_later(mail: Mail, anna: Customer) -> None:
    mail.office.refuses[anna.person.email] = "451 4.7.1 Greylisted, come back later"
    mail.tell(anna)
    assert mail.deliver()["postponed"] == 1
    mail.office.refuses.clear()
    assert mail.deliver(0.5)["sent"] == 0, "not before its time"
    assert mail.deliver(2)["sent"] == 1


def test_a_server_that_closes_is_no_emails_fault(mail: Mail, anna: Customer) -> None:
    mail.office.refuses[anna.person.email] = "421 4.3.2 Shutting down"
    mail.tell(anna)
    summary = mail.deliver()
    assert (summary["failed"], summary["mail_server"]) == (1, "421 4.3.2 Shutting down")


# Nobody listens on the way


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate and its key for 127.0.0.1, in one file; only who is told so trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file


@pytest.mark.parametrize(
    ("changes", "sent", "said"),
    [
        ({}, 1, "ok"),
        ({"SMTP_PASSWORD": "the wrong password"}, 0, "535"),
        ({"SSL_CERT_FILE": certifi.where()}, 0, "SSLCertVerificationError"),
        ({"SMTP_STARTTLS": "off"}, 0, "SMTP"),
    ],
    ids=["all is right", "wrong password", "a certificate nobody vouches for", "in the clear"],
)
def test_emails_and_passwords_go_over_tls(
    mail: Mail, anna: Customer, env: Env, certificate: Path, changes: dict[str, str], sent: int, said: str
) -> None:
    mail.office.shut()
    mail.office.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mail.office.tls.load_cert_chain(certificate)
    mail.office.open()
    mail.tell(anna)
    secured = {
        "SMTP_STARTTLS": "required",
        "SMTP_USERNAME": "chestno",
        "SMTP_PASSWORD": "the right password",
        "SSL_CERT_FILE": str(certificate),
    }
    with env.more_functions(**smtp_settings(mail.office) | secured | changes) as (functions, server):
        summary = mail.deliver(functions=functions)
        assert (summary["sent"], summary["failed"]) == (sent, 1 - sent), summary
        assert said in summary["mail_server"]
        assert "password" not in server.log.read_text()


def test_a_server_that_knows_no_tls_gets_nothing(mail: Mail, anna: Customer, env: Env) -> None:
    mail.tell(anna)
    settings = smtp_settings(mail.office) | {"SMTP_STARTTLS": "required"}
    with env.more_functions(**settings) as (functions, _):
        assert mail.deliver(functions=functions)["mail_server"] == "SMTPException"
    assert mail.office.messages == []


# E-mails that cannot be delivered


def test_a_bad_address_is_given_up_after_eight_tries_with_the_reason(
    mail: Mail, anna: Customer, team: list[str]
) -> None:
    bad = team[2]
    mail.office.refuses[bad] = f"550 5.1.1 <{bad}>: no such mailbox"
    mail.tell(anna)
    outcomes = [mail.deliver(hour * 61) for hour in range(9)]
    assert [outcome["postponed"] for outcome in outcomes] == [1, 1, 1, 1, 1, 1, 1, 0, 0]
    assert [outcome["given_up"] for outcome in outcomes] == [0, 0, 0, 0, 0, 0, 0, 1, 0]
    assert [outcome["failed"] for outcome in outcomes] == [0] * 9, "that is no fault of ours"
    (row,) = mail.outbox(bad)
    assert (row["status"], row["attempts"]) == ("failed", 8)
    assert row["error"] == "550 5.1.1 <[e-mail]>: no such mailbox"
    assert mail.office.counted() == {address: 1 for address in team if address != bad}


def invite(anna: Customer, address: str) -> None:
    anna.person.rpc("invite_member", organization_id=anna.organization_id, email=address, role="viewer")


def test_a_domain_in_another_script_is_reached_by_its_a_label(mail: Mail, anna: Customer) -> None:
    name = uuid4().hex[:8]
    with pytest.raises(Refused) as refused:
        invite(anna, f"{name}@почта.example")
    assert refused.value.status == 422
    assert "domain_not_ascii" in str(refused.value)
    invite(anna, f"{name}@xn--80a1acny.example")
    assert mail.deliver()["sent"] == 1
    assert len(mail.office.received(f"{name}@xn--80a1acny.example")) == 1


def test_an_email_that_cannot_be_written_keeps_no_other_from_going(
    mail: Mail, anna: Customer, team: list[str]
) -> None:
    mail.tell(anna)
    with_fault = team[1]
    mail.env.rows(
        "update public.notifications set data = data - 'level' where user_id ="
        " (select id from auth.users where email = %s) returning id",
        with_fault,
    )
    summary = mail.deliver()
    assert (summary["sent"], summary["failed"]) == (5, 1)
    (row,) = mail.outbox(with_fault)
    assert (row["status"], row["error"]) == ("queued", "cannot be written: UndefinedError")


# Names that would be more than names

EVIL = (
    "Пасека\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>\r\n\r\nПозвоните \u202e+7 900 000-00-00"
)


def test_a_name_adds_no_header_no_paragraph_and_no_markup(mail: Mail, anna: Customer, env: Env) -> None:
    """The rules let no such name in; the e-mail does not rely on that."""
    address = f"{uuid4().hex}@example.com"
    invite(anna, address)
    env.rows(
        "update email_outbox set data = data || jsonb_build_object('organization', %s::text) where to_address = %s returning id",
        EVIL, address,
    )  # fmt: skip
    mail.deliver()
    (email,) = mail.office.received(address)
    assert email["Bcc"] is None
    assert len(mail.office.messages) == 1
    on_one_line = "Пасека Bcc: evil@example.com <script>alert(1)</script> Позвоните +7 900 000-00-00"
    assert email["Subject"] == f"Вас приглашают в организацию «{on_one_line}»"
    text, html = body_of(email, "plain"), body_of(email, "html")
    assert f"приглашает вас в организацию «{on_one_line}» на «Честно»." in text
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_an_invitation_names_who_sent_it_by_their_confirmed_address(
    mail: Mail, anna: Customer, env: Env
) -> None:
    """Anybody may call themselves what they like."""
    name, address = "Служба безопасности Сбербанка", f"{uuid4().hex}@example.com"
    anna.person.update("profiles", {"id": f"eq.{anna.person.user_id}"}, full_name=name)
    invite(anna, address)
    mail.deliver()
    (email,) = mail.office.received(address)
    assert f"{anna.person.email} приглашает вас в организацию «Пасека" in body_of(email, "plain")
    assert not any(name in text for text in (body_of(email, "plain"), body_of(email, "html"), str(email)))


def test_the_log_names_no_reader_and_no_organization(mail: Mail, anna: Customer, env: Env) -> None:
    with env.more_functions(**smtp_settings(mail.office)) as (functions, server):
        mail.office.refuses[anna.person.email] = f"550 no {anna.person.email}"
        mail.tell(anna)
        invite(anna, f"{uuid4().hex}@example.com")
        mail.deliver(functions=functions)
        (row,) = mail.outbox(anna.person.email)
        written = json.dumps(server.lines(), ensure_ascii=False)
    assert str(row["id"]) in written
    assert anna.person.email not in written
    assert "Пасека" not in written
    assert "@example.com" not in written


# Two at once, and one that is killed


def test_two_deliveries_at_once_never_send_the_same_email(
    mail: Mail, anna: Customer, team: list[str]
) -> None:
    for level in ("A", "B"):
        mail.tell(anna, level)
    summaries = at_once(*[mail.deliver] * 4)
    assert sum(summary["sent"] for summary in summaries) == 12
    assert mail.office.counted() == dict.fromkeys(team, 2)
    assert len({email["Message-ID"] for email in mail.office.messages}) == 12


def test_killed_while_sending_only_that_email_is_sent_again(
    mail: Mail, anna: Customer, env: Env, team: list[str]
) -> None:
    unlucky = team[3]
    mail.office.holds = unlucky
    mail.tell(anna)
    with env.more_functions(**smtp_settings(mail.office)) as (functions, server):
        run = threading.Thread(target=lambda: deliver_and_lose_touch(mail, functions))
        run.start()
        assert mail.office.held.wait(30)
        server.kill()
        run.join()
    mail.office.holds = None
    mail.office.let_go.set()

    mail.deliver(1)
    assert len(mail.office.received(unlucky)) == 1, "its lease still runs"
    mail.deliver(LEASE_MINUTES)
    mail.deliver(2 * LEASE_MINUTES)
    assert mail.office.counted() == {address: 2 if address == unlucky else 1 for address in team}
    assert len({email["Message-ID"] for email in mail.office.received(unlucky)}) == 1


def deliver_and_lose_touch(mail: Mail, functions: str) -> None:
    with pytest.raises(Exception, match=r"disconnected|reset|closed"):
        mail.deliver(functions=functions)


def test_a_run_that_runs_out_of_time_leaves_the_rest_to_the_next(
    mail: Mail, anna: Customer, env: Env, team: list[str]
) -> None:
    mail.tell(anna)
    with env.more_functions(**smtp_settings(mail.office) | {"MAIL_SECONDS": "0.001"}) as (functions, _):
        assert mail.deliver(functions=functions)["sent"] <= 1
    mail.deliver()
    assert mail.office.counted() == dict.fromkeys(team, 1)


# Who may call it, and when


def test_only_the_scheduler_may_call_it(mail: Mail, anna: Customer) -> None:
    answer = anna.post("deliver_email", {}, functions=mail.functions)
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")


def test_time_travel_is_for_tests_only(mail: Mail, env: Env) -> None:
    with env.more_functions(**smtp_settings(mail.office), ALLOW_TIME_TRAVEL="0") as (functions, _):
        for job in ("deliver_email", "status_expiry", "organization_cleanup"):
            answer = env.call_job(job, functions, as_of=env.time.now.isoformat())
            assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input"), job


def test_without_settings_nothing_is_lost(env: Env, anna: Customer, mail: Mail) -> None:
    mail.tell(anna)
    with env.more_functions() as (functions, _):
        summary = mail.deliver(functions=functions)
    assert (summary["failed"], summary["mail_server"]) == (1, "SMTP_HOST and MAIL_FROM are not set")
    assert mail.deliver()["sent"] == 1


# Unsubscribing


def unsubscribe_link(mail: Mail, anna: Customer) -> str:
    mail.tell(anna)
    mail.deliver()
    email = mail.office.received(anna.person.email)[-1]
    assert email["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return str(email["List-Unsubscribe"]).strip("<>")


def is_told(anna: Customer) -> bool:
    settings = anna.person.get("notification_settings", kind="eq.status_granted")
    return not settings or bool(settings[0]["by_email"])


def test_the_mailboxs_own_button_unsubscribes_at_once_and_again(mail: Mail, anna: Customer) -> None:
    link = unsubscribe_link(mail, anna)
    for _ in range(2):
        answer = CLIENT.post(link, timeout=30, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert not is_told(anna)
    mail.tell(anna, "A")
    assert mail.deliver()["sent"] == 0


def test_looking_at_the_page_changes_nothing_and_its_button_does(mail: Mail, anna: Customer) -> None:
    link = unsubscribe_link(mail, anna)
    page = CLIENT.get(link, timeout=30)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Не присылать писем о полученных статусах?" in page.text
    assert '<form method="post"><button>' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    nonce = re.search(r'<style nonce="([^"]+)">', page.text)
    assert nonce
    assert nonce[1] in page.headers["content-security-policy"]
    assert is_told(anna)
    assert "Больше не пришлём" in CLIENT.post(link, timeout=30).text
    assert not is_told(anna)
    assert (
        "No more e-mails about levels you receive?" in CLIENT.get(link.replace("=ru", "=en"), timeout=30).text
    )


@pytest.mark.parametrize("token", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_link_that_is_none_says_so(env: Env, token: str) -> None:
    for method in ("GET", "POST"):
        answer = CLIENT.request(method, f"{env.functions}/unsubscribe/{token}", timeout=30)
        assert answer.status_code == 404
        assert "Ссылка больше не действует" in answer.text


def test_what_is_always_told_has_no_way_out(mail: Mail, anna: Customer) -> None:
    mail.tell(anna)
    mail.env.service.rpc(
        "revoke_status_level", organization_id=anna.organization_id, level="B", reason="Ошибка в документах"
    )
    mail.deliver()
    email = mail.office.received(anna.person.email)[-1]
    assert email["List-Unsubscribe"] is None
    assert "Причина, как её назвал модератор: «Ошибка в документах»." in body_of(email, "plain")
