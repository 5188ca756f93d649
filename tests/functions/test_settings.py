"""Settings: what is missing or wrong is named at the start, and nothing that was given is repeated."""

from typing import Any

import pytest
from core.settings import Settings
from pydantic import ValidationError

ENOUGH = {
    "supabase_url": "https://project.example/",
    "supabase_publishable_key": "sb_publishable_1",
    "supabase_secret_key": "sb_secret_hush",
    "site_url": "https://Chestno.example/",
    "yookassa_shop_id": "100500",
    "yookassa_secret_key": "test_hush",
}


def settings(**given: Any) -> Settings:
    return Settings.model_validate(ENOUGH | given)


def test_defaults_are_the_strict_ones() -> None:
    ours = settings()
    assert ours.supabase_url == "https://project.example"
    assert ours.site_origin == "https://chestno.example"
    assert ours.yookassa_api_url == "https://api.yookassa.ru/v3"
    assert ours.yookassa_ip_check == "enforce"
    assert ours.trusted_proxies == ()
    assert ours.allow_time_travel is False
    assert (ours.yookassa_connect_seconds, ours.yookassa_post_seconds, ours.yookassa_get_seconds) == (
        5,
        40,
        10,
    )
    assert len(ours.yookassa_networks) == 7


def test_networks_are_read_from_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, 169.254.1.1")
    monkeypatch.setenv("YOOKASSA_NETWORKS", "127.0.0.1")
    ours = settings()
    assert [str(network) for network in ours.trusted_proxies] == ["10.0.0.0/8", "169.254.1.1/32"]
    assert [str(network) for network in ours.yookassa_networks] == ["127.0.0.1/32"]


@pytest.mark.parametrize("name", ENOUGH)
def test_what_is_needed_is_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name.upper(), raising=False)
    given = {key: value for key, value in ENOUGH.items() if key != name}
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate(given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("supabase_url", "project.example"),
        ("site_url", "ftp://chestno.example"),
        ("site_url", "https://chestno.example/?next=1"),
        ("supabase_secret_key", ""),
        ("yookassa_ip_check", "maybe"),
        ("yookassa_webhook_secret", "too-short"),
        ("scheduler_secret", "hush-hush"),
        ("trusted_proxies", "10.0.0.0/99"),
        ("functions_url", "chestno.example"),
        ("smtp_port", 0),
        ("smtp_starttls", "perhaps"),
        ("mail_from", "Честно"),
        ("mail_from", "Честно\r\nBcc: evil@example.com <no-reply@chestno.example>"),
        ("yookassa_get_seconds", 0),
    ],
)
def test_a_wrong_value_is_refused_and_not_repeated(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**{name: value})
    assert name in str(refused.value)
    assert "input_value" not in str(refused.value)


def test_a_secret_does_not_show_itself() -> None:
    ours = settings(
        yookassa_webhook_secret="webhook-secret-of-this-test",
        scheduler_secret="another-long-secret",
        smtp_password="mail-hush",
    )
    assert sorted(ours.secrets()) == [
        "another-long-secret",
        "mail-hush",
        "sb_secret_hush",
        "test_hush",
        "webhook-secret-of-this-test",
    ]
    assert not any(secret in repr(ours) or secret in ours.model_dump_json() for secret in ours.secrets())
