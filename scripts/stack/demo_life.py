"""What happened to the demo people's producers in a year and a month, until now (living.py says how).

Медовый край   Anna's: A, B and C, a year of payments, printed codes, stories in every state
Белый ручей    Boris's: past due, for the bank declines the card
Лаванда        Vera's: lost B for a reason, and asks for it again
Чайный дом     Gleb's: on trial; a payment of theirs waits for a moderator
"""

from __future__ import annotations

from stack.living import Producer, Year

DAYS = 400
"""How long ago it begins."""

LABELS = (
    ("Липовый мёд, 500 г", ["мёд", "банка"]),
    ("Гречишный мёд, 500 г", ["мёд", "банка"]),
    ("Каталог ярмарки", ["бумага"]),
    ("Прополис, 30 мл", ["прополис"]),
)
"""What is printed on: title, tags."""

TOLD = (
    (
        "service_showcase",
        "Как мы качаем мёд",
        "Ульи стоят на опушке, где с мая до августа цветёт липа.\n\n"
        "Качаем на рассвете, пока пчёлы сонные, не греем мёд и не смешиваем с прошлогодним.",
    ),
    (
        "expert_opinion",
        "Почему настоящий мёд густеет",
        "К ноябрю липовый мёд садится: это глюкоза собирается в кристаллы. Если в декабре он ещё течёт, его грели.",
    ),
    (
        "event_announcement",
        "Были на ярмарке в Бийске",
        "Привезли липовый и гречишный, давали пробовать с ложки. Спасибо всем, кто спрашивал, откуда он.",
    ),
    (
        "customer_review",
        "«Такой мёд был у деда»",
        "Написала Ольга из Барнаула: «Открыла банку, и пахнет, как на дедовой пасеке». Публикуем с её согласия.",
    ),
    (
        "success_story",
        "Сто двадцатый улей",
        "В 1998 году их было четыре. Этой весной мы поставили сто двадцатый, и место для него выбирали всей семьёй.",
    ),
    (
        "expert_opinion",
        "Что видно в протоколе испытаний",
        "Диастазное число, вода, сахароза: три строки, по которым понятно, грели ли мёд и кормили ли пчёл сиропом.",
    ),
    (
        "service_showcase",
        "Как готовим ульи к зиме",
        "В октябре утепляем крышки, оставляем каждой семье по двадцать килограммов мёда и закрываем летки от мышей.",
    ),
)
"""Published, the oldest first."""
WAITING = (
    "event_announcement",
    "День открытых дверей 20 декабря",
    "Покажем зимовник, послушаем, как гудит семья под снегом, и попробуем три сорта.",
)
REJECTED = ("service_showcase", "Скидки до Нового года", "Липовый — 450 ₽ вместо 600 ₽, звоните!")
DRAFT = ("success_story", "Наш первый покупатель", "Его звали Пётр Ильич, и он взял сразу ведро.")
SCHEDULED = (
    "expert_opinion",
    "Как хранить мёд",
    "В стекле, в темноте, при комнатной температуре. Холодильник ему не нужен.",
)


def live(year: Year) -> None:
    """All of it. Raises NotLived when the rules refuse something."""
    year.until(395)
    honey = year.found(
        "anna",
        "Пасека «Медовый край»",
        "ИП Соколова Анна Андреевна",
        "medovy-kray",
        category="Мёд и прополис",
        region="Алтайский край",
        description="Держим 120 ульев в предгорьях Алтая с 1998 года. Качаем мёд только летом, не греем и не смешиваем.",
        website_url="https://medovy-kray.example",
        contacts={
            "phone": "+7 385 200-00-00",
            "email": "honey@medovy-kray.example",
            "address": "село Майма, Заречная, 4",
        },
    )
    for who, role in (("boris", "admin"), ("vera", "editor"), ("gleb", "viewer")):
        year.join(honey, who, role)
    year.pay(honey, "a_month", "trial")

    year.until(330)
    soap = year.found(
        "vera",
        "Мыловарня «Лаванда»",
        "ООО «Лаванда»",
        "lavanda",
        category="Косметика",
        region="Республика Крым",
        description="Варим мыло холодным способом на крымских травах.",
    )
    year.pay(soap, "a_month", "trial")
    year.until(312)
    verify(year, honey, "Просим проверить: протоколы испытаний мёда за сезон, ветеринарный паспорт пасеки.")
    year.until(290)
    verify(year, soap, "Прилагаем протоколы испытаний всех сортов.")

    # A trial of fourteen days and months of charges: the next one falls five days ago, and is declined.
    year.until_months_and_days(months=5, days=5 + 14)
    cheese = year.found(
        "boris",
        "Сыроварня «Белый ручей»",
        "ООО «Белый ручей»",
        "bely-ruchey",
        category="Сыр и молоко",
        region="Тверская область",
        description="Качотта, белпер кнолле и монтазио из молока своего стада.",
    )
    year.pay(cheese, "a_month", "trial")

    year.until(125)
    codes = year.print_codes(honey, LABELS)
    told = iter(TOLD)
    for days_ago in range(120, 2, -7):
        year.until(days_ago)
        year.scan(codes, days=7, a_day=max(4, (130 - days_ago) // 4))
        year.job("qr_rollup", "level_c")
        if days_ago == 43:
            year.rpc(
                "moderator",
                "revoke_status_level",
                organization_id=soap.id,
                level="B",
                reason="Протоколы испытаний выданы другой мыловарне",
            )
            complaint = year.rpc(
                "gleb",
                "report_abuse",
                kind="false_claim",
                organization_id=soap.id,
                message="На этикетке «проверено в лаборатории», а протокол — другой мыловарни.",
            )
            year.rpc(
                "moderator",
                "review_report",
                report_id=complaint["report_id"],
                outcome="upheld",
                comment="Вы правы: протокол чужой. Статус B снят.",
                publish=True,
            )
        if days_ago == 15:
            year.pay(soap, "a_month", "subscription")
            year.decline_charges(cheese, "insufficient_funds")
        if days_ago % 2 and (story := next(told, None)):
            year.publish("vera", honey, *story)
    year.until(2)
    wait_for_a_moderator(year, honey, soap)
    year.until(0)
    year.scan(codes, days=8, a_day=30)
    year.job("qr_rollup", "level_c", "status_expiry")


def verify(year: Year, producer: Producer, message: str) -> None:
    """Verified after a moderator has seen the papers, and B is paid for."""
    year.rpc(
        "moderator",
        "review_upgrade_request",
        request_id=year.ask_for_b(producer, message),
        decision="approved",
        documents=["laboratory", "registration"],
    )
    year.pay(producer, "b_month", "plan_change")


def wait_for_a_moderator(year: Year, honey: Producer, soap: Producer) -> None:
    """What a moderator finds to do, and stories in the other states."""
    year.ask_for_b(soap, "Заказали новые протоколы, теперь на наше имя.")
    tea = year.found(
        "gleb",
        "Чайный дом «Иван-чай»",
        "ООО «Иван-чай»",
        "ivan-chay",
        category="Чай и травы",
        region="Вологодская область",
        description="Собираем и ферментируем иван-чай вручную.",
    )
    year.pay(tea, "a_month", "trial")
    # ЮKassa says of another amount that it was paid: nobody but a moderator decides about that money.
    page = year.check_out(tea, "a_month", "subscription")
    year.yookassa.tamper(page, {"amount": {"value": "1000.00", "currency": "RUB"}})
    year.yookassa.pay(page)
    year.yookassa.wait()
    year.job("payment_sweep")
    year.rpc(
        "gleb",
        "send_support_message",
        subject="Не приходит чек",
        message="Оплатили вчера, чека на почте нет.",
        organization_id=tea.id,
    )
    year.rpc(
        "boris",
        "report_abuse",
        kind="fake_badge",
        url="https://market.example/med-altaya",
        message="На странице магазина значок «Честно», а ведёт он на пустую страницу.",
    )
    year.rpc(
        "boris",
        "request_name_change",
        organization_id=honey.id,
        name="Пасека «Медовый край Алтая»",
        message="Так нас знают покупатели: добавляем край к названию.",
    )
    waiting = year.write("vera", honey, *WAITING)
    year.rpc("vera", "submit_story", story_id=waiting)
    rejected = year.write("vera", honey, *REJECTED)
    year.rpc("vera", "submit_story", story_id=rejected)
    year.rpc(
        "moderator",
        "reject_story",
        story_id=rejected,
        code="advertising",
        comment="Уберите цены и скидки, оставьте рассказ.",
    )
    year.write("vera", honey, *DRAFT)
    year.publish("vera", honey, *SCHEDULED, scheduled_publish_at=year.in_days(4))
