import { dictionary, plural } from "./dictionary";

export const home = dictionary(
  {
    title: "Проверка производителя",
    headline: "Кто это сделал и можно ли ему верить",
    lead: "«Честно» показывает статус производителя: что он оплатил, что мы проверили, что он заслужил. Всё с датами, и потерянный статус тоже на виду.",
    start: "Подключить производство",
    toDashboard: "Открыть кабинет",
    buyers: "Покупателю: как проверить",
    specimen: {
      label: "Пример: так выглядит страница производителя",
      caption: "Пример страницы",
      name: "Сыроварня «Луговая»",
      what: { A: "Участие", B: "Документы", C: "Открытость" },
      how: { A: "оплачено", B: "проверены", C: "заслужена" },
      lost: (from: string, to: string) =>
        `Статус C потерян ${from}: историй не было 90 дней. Получен снова ${to}.`,
      since: (date: string) => `с ${date}`,
    },
    levels: {
      title: "Четыре уровня",
      lead: "Деньги, проверку и дела не смешиваем: по уровню всегда видно, за что он.",
      how: {
        "0": "14 дней, проверка карты на 1 ₽",
        A: "подписка",
        B: "проверка документов и подписка",
        C: "только выполнить условия",
      },
    },
    check: {
      title: "Как проверить производителя",
      lead: "Без регистрации и бесплатно.",
      steps: [
        {
          title: "Откройте страницу",
          text: "По QR-коду на упаковке или по значку на сайте производителя. Адрес начинается с имени этого сайта.",
        },
        {
          title: "Посмотрите на печать",
          text: "Буква говорит уровень, рядом — с какого дня он действует и до какого.",
        },
        {
          title: "Прочтите историю",
          text: "Когда статус получен, продлён или потерян и почему. Записи нельзя стереть, даже нам.",
        },
      ],
    },
    prices: {
      title: "Сколько это стоит производителю",
      lead: "Цена зависит только от уровня. Отменить можно в любой момент.",
      perMonth: "в месяц",
      perYear: (amount: string) => `или ${amount} за год`,
      saving: (amount: string) => `на ${amount} меньше, чем помесячно`,
      trial: (days: number) =>
        `Первые ${days}\u00a0${plural.ru(days, "день", "дня", "дней")} бесплатно. Проверка карты: спишем 1 ₽ и сразу вернём.`,
      verification: "Открывается после проверки документов.",
      limits: {
        qr_codes: (count: number) => plural.ru(count, "QR-код", "QR-кода", "QR-кодов"),
        stories_per_month: (count: number) => `${plural.ru(count, "история", "истории", "историй")} в месяц`,
        members: (count: number) => plural.ru(count, "сотрудник", "сотрудника", "сотрудников"),
      },
    },
    honest: {
      title: "Чего мы не делаем",
      items: [
        {
          title: "Не оцениваем вкус и качество.",
          text: "Статус говорит, насколько производитель открыт и что о нём подтверждено.",
        },
        {
          title: "Не прячем плохое.",
          text: "Ушёл, не заплатил, перестал рассказывать — это видно всем и с датой.",
        },
        {
          title: "Не заменяем государство.",
          text: "«Честно» не связан с системой маркировки «Честный ЗНАК» и не отменяет её.",
        },
      ],
    },
  },
  {
    title: "Check a producer",
    headline: "Who made it, and can you trust them",
    lead: "Chestno shows a producer’s status: what they paid for, what we verified, what they earned. Every line has a date, and a lost status stays in sight.",
    start: "Join as a producer",
    toDashboard: "Open your dashboard",
    buyers: "For buyers: how to check",
    specimen: {
      label: "An example of a producer’s page",
      caption: "Example page",
      name: "Lugovaya Dairy",
      what: { A: "Membership", B: "Documents", C: "Openness" },
      how: { A: "paid", B: "verified", C: "earned" },
      lost: (from, to) => `Status C was lost on ${from}: no stories for 90 days. Earned again on ${to}.`,
      since: (date) => `since ${date}`,
    },
    levels: {
      title: "Four levels",
      lead: "Money, verification and deeds are kept apart: a level always tells what stands behind it.",
      how: {
        "0": "14 days, a ₽1 card check",
        A: "a subscription",
        B: "a document review and a subscription",
        C: "meeting the criteria, nothing else",
      },
    },
    check: {
      title: "How to check a producer",
      lead: "Free, and without an account.",
      steps: [
        {
          title: "Open the page",
          text: "From the QR code on the pack or the badge on the producer’s site. The address starts with this site’s name.",
        },
        {
          title: "Look at the seal",
          text: "The letter is the level; next to it, since which day it holds and until when.",
        },
        {
          title: "Read the history",
          text: "When a status was granted, extended or lost, and why. Nobody can erase it, ourselves included.",
        },
      ],
    },
    prices: {
      title: "What it costs a producer",
      lead: "The price depends on the level alone. Cancel at any time.",
      perMonth: "a month",
      perYear: (amount) => `or ${amount} a year`,
      saving: (amount) => `${amount} less than paying monthly`,
      trial: (days) =>
        `The first ${days} ${plural.en(days, "day is", "days are")} free. Card check: ₽1, charged and returned at once.`,
      verification: "Opens once your documents are verified.",
      limits: {
        qr_codes: (count) => plural.en(count, "QR code", "QR codes"),
        stories_per_month: (count) => `${plural.en(count, "story", "stories")} a month`,
        members: (count) => plural.en(count, "team member", "team members"),
      },
    },
    honest: {
      title: "What we do not do",
      items: [
        {
          title: "We do not judge taste or quality.",
          text: "A status says how open a producer is and what about them is confirmed.",
        },
        {
          title: "We do not hide bad news.",
          text: "Left, did not pay, stopped telling: everybody sees it, with the date.",
        },
        {
          title: "We do not replace the state.",
          text: "Chestno has no ties to the labelling system “Chestny ZNAK” and does not stand in for it.",
        },
      ],
    },
  },
);
