/** Levels in a buyer's words: what each means, how it is held, what happened to it. */
import { dictionary, plural } from "./dictionary";
import { closed, words } from "./words";

export const statusTexts = dictionary(
  {
    title: "Статус",
    status: (level: string) => `Статус ${level}`,
    none: words.ru.seal.none,
    lost: (level: string, date: string) => `Статус ${level} утрачен ${date}`,
    name: words.ru.level,
    meaning: {
      "0": "Организация подтвердила банковскую карту и проходит испытательный срок. Больше мы ничего не проверяли.",
      A: "Организация платит за участие и открыла свои реквизиты. Это плата, а не оценка: о качестве продукции уровень A не говорит.",
      B: "Мы рассмотрели документы организации и подтвердили сведения о ней.",
      C: "Организация регулярно рассказывает о производстве, а покупатели сканируют её коды. Купить уровень C нельзя.",
    },
    noneMeaning: "Сейчас организация не держит ни одного уровня.",
    lostMeaning: "Раньше организация держала этот уровень, теперь он снят.",
    howLabel: "Как получен",
    how: {
      trial: "Испытательный срок",
      paid: "Оплачен подпиской",
      verified: "Проверены документы",
      earned: "Заслужен делами",
    },
    since: (date: string) => `с ${date}`,
    until: (date: string) => `до ${date}`,
    sinceLabel: "Действует с",
    untilLabel: "Действует до",
    termLabel: "Срок",
    endless: {
      trial: "пока идёт испытательный срок",
      paid: "пока действует подписка",
      verified: "пока сведения верны",
      earned: "пока выполняются условия",
    },
    daysLeft: (days: number) =>
      days <= 0
        ? "последний день"
        : `${plural.ru(days, "остался", "осталось", "осталось")} ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}`,

    page: {
      title: "Статус организации",
      lead: "Какие уровни вы держите, до какого дня и что увидит покупатель.",
      held: "Уровни сейчас",
      nothingHeld: "Уровней пока нет",
      nothingHeldHelp:
        "Первый уровень появится сразу после проверки карты: 14 дней испытательного срока, статус 0.",
      startTrial: "Начать испытательный срок",
      askAdmin: "Начать испытательный срок может владелец или администратор организации.",
      wasHeld: (from: string, to: string) => `был с\u00a0${from} до\u00a0${to}`,
      revokedHelp:
        "Уровень снят, и подписка больше не продлевается: новых списаний не будет. Причина\u00a0— в истории ниже, её видят и покупатели.",
      lostHelp: "Чтобы вернуть уровень, оплатите подписку.",
      toBilling: "Перейти к оплате",
      publicPage: "Страница для покупателей",
      ladder: "Все уровни",
      notHeld: "не получен",
      heldNow: "действует",
    },
    ruler: {
      today: "сегодня",
      what: { "0": "испытательный срок", A: "оплачено", B: "проверено", C: "заслужено" },
    },
    history: {
      title: "История",
      empty:
        "Здесь появится каждое изменение статуса: когда получен, продлён, снят и почему. Записи не удаляются.",
      note: "Записи нельзя изменить или удалить.",
      granted: (level: string, name: string) => `Получен статус ${level}\u00a0— «${name}»`,
      extendedUntil: (level: string, date: string) => `Статус ${level} действует до ${date}`,
      extended: (level: string) => `Статус ${level} продлён, пока действует подписка`,
      revoked: (level: string) => `Статус ${level} снят`,
      expired: (level: string) => `Срок статуса ${level} истёк`,
      grace_started: (level: string, date: string) =>
        `Платёж не прошёл. Статус ${level} сохраняется до ${date}`,
      grace_ended: (level: string) => `Платёж прошёл, статус ${level} сохранён`,
      superseded: (level: string) => `Статус ${level} сменился более высоким`,
      name_changed: (from: string, to: string) => `Сменилось название: было «${from}», стало «${to}»`,
      legal_name_changed: (from: string, to: string) =>
        `Сменилось юридическое название: было «${from}», стало «${to}»`,
      why: (reason: string) => `Причина: ${reason}`,
    },
    reason: closed(words.ru.reason),
  },
  {
    title: "Status",
    status: (level) => `Status ${level}`,
    none: words.en.seal.none,
    lost: (level, date) => `Status ${level} lost on ${date}`,
    name: words.en.level,
    meaning: {
      "0": "The organization has confirmed a bank card and is on trial. Nothing else has been checked yet.",
      A: "The organization pays for membership and publishes its details. It is a fee, not a verdict: level A says nothing about quality.",
      B: "We have reviewed the organization’s documents and confirmed what it says about itself.",
      C: "The organization keeps telling how it makes things, and buyers scan its codes. Level C cannot be bought.",
    },
    noneMeaning: "The organization holds no level at the moment.",
    lostMeaning: "The organization held this level before; it no longer does.",
    howLabel: "How it is held",
    how: {
      trial: "Trial period",
      paid: "Paid by subscription",
      verified: "Documents verified",
      earned: "Earned by deeds",
    },
    since: (date) => `since ${date}`,
    until: (date) => `until ${date}`,
    sinceLabel: "Held since",
    untilLabel: "Held until",
    termLabel: "Term",
    endless: {
      trial: "while the trial lasts",
      paid: "while the subscription lasts",
      verified: "while the facts stand",
      earned: "while the criteria are met",
    },
    daysLeft: (days) => (days <= 0 ? "last day" : `${days} ${plural.en(days, "day", "days")} left`),

    page: {
      title: "Organization status",
      lead: "The levels you hold, until which day, and what a buyer sees.",
      held: "Levels now",
      nothingHeld: "No levels yet",
      nothingHeldHelp: "The first level comes right after the card check: 14 days of trial, status 0.",
      startTrial: "Start the trial",
      askAdmin: "An owner or an admin of the organization can start the trial.",
      wasHeld: (from, to) => `held from ${from} to ${to}`,
      revokedHelp:
        "The level was revoked, and the subscription is not renewed: nothing more is charged. The reason is in the history below; buyers see it too.",
      lostHelp: "Pay for a subscription to get the level back.",
      toBilling: "Go to billing",
      publicPage: "Page for buyers",
      ladder: "All levels",
      notHeld: "not held",
      heldNow: "held",
    },
    ruler: { today: "today", what: { "0": "trial", A: "paid", B: "verified", C: "earned" } },
    history: {
      title: "History",
      empty:
        "Every change of status will be kept here: when it was granted, extended or revoked, and why. Nothing is deleted.",
      note: "Entries cannot be changed or deleted.",
      granted: (level, name) => `Status ${level} granted: ${name}`,
      extendedUntil: (level, date) => `Status ${level} is held until ${date}`,
      extended: (level) => `Status ${level} extended while the subscription lasts`,
      revoked: (level) => `Status ${level} revoked`,
      expired: (level) => `Status ${level} expired`,
      grace_started: (level, date) => `A payment failed. Status ${level} stays until ${date}`,
      grace_ended: (level) => `The payment went through, status ${level} stays`,
      superseded: (level) => `Status ${level} gave way to a higher one`,
      name_changed: (from, to) => `The name changed from “${from}” to “${to}”`,
      legal_name_changed: (from, to) => `The legal name changed from “${from}” to “${to}”`,
      why: (reason) => `Reason: ${reason}`,
    },
    reason: closed(words.en.reason),
  },
);
