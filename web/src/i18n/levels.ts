/** /levels: what each level means, how it is earned, kept and lost, in a buyer's words. */
import { dictionary, plural } from "./dictionary";

export const levelsTexts = dictionary(
  {
    title: "Что значит каждый уровень",
    lead: "Четыре уровня, и у каждого свой смысл. За что дан уровень, с какого дня и до какого, видно на странице производителя. Потерянный уровень тоже видно.",
    description:
      "Уровни статуса в «Честно»: 0, A, B и C. Что каждый значит, как его получают, сохраняют и теряют, сколько он стоит производителю.",
    contents: "Уровни",
    paid: "Оплачено",
    paidHelp: "Уровни 0 и A дают за оплату участия. О качестве они не говорят.",
    earned: "Проверено и заслужено",
    earnedHelp: "Уровень B дают после проверки документов, C\u00a0— за дела. Одних денег для них мало.",
    says: "Что говорит покупателю",
    silent: "Чего не говорит",
    get: "Как получают",
    keep: "Как сохраняют",
    lose: "Как теряют",
    price: "Сколько стоит",
    level: {
      "0": {
        silent: "Что товар хороший и что документы в порядке: их ещё никто не смотрел.",
        get: "Производитель проверяет банковскую карту: 1\u00a0₽ списывается и сразу возвращается.",
        keep: (days: number) =>
          `Держится испытательный срок\u00a0— ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}. Второго срока нет.`,
        lose: "Срок закончился, а подписка не оплачена. После оплаты вместо него появляется A.",
        price: "Бесплатно",
      },
      A: {
        silent: "Что мы проверяли товар или документы. Это плата за участие, а не оценка.",
        get: "Производитель оплачивает подписку и открывает реквизиты.",
        keep: "Пока подписка оплачена. Если платёж не прошёл, уровень остаётся ещё 14 дней, и это видно в истории.",
        lose: "За 14 дней так и не заплатили, от подписки отказались или деньги вернули. Снять уровень можем и мы, с причиной, которую увидят все.",
      },
      B: {
        silent: "Что мы проверяли каждую партию товара. Проверены документы и сведения о производителе.",
        get: "Производитель присылает документы, наш сотрудник их смотрит. Затем нужен тариф уровня B; иногда уровень дают на срок без него.",
        keep: "Пока оплачен тариф B или не закончился срок, и пока сведения верны.",
        lose: "Сведения оказались неверными, срок закончился или подписка не оплачена. Причина и день остаются в истории.",
      },
      C: {
        silent: "Что товар вкусный или лучше других. Он говорит, что производитель открыт и им интересуются.",
        get: "Все условия ниже выполнены, и действует уровень A или B. Заявка не нужна: уровень появляется сам.",
        keep: "Даётся на год и продлевается сам, пока условия выполняются.",
        lose: "Через год условия уже не выполняются, либо потеряны и A, и B: тогда C снимается в тот же день.",
        price: "Не продаётся",
      },
    },
    criteria: "Условия уровня C",
    criterion: {
      published_stories: (required: string, days: number | null) =>
        `Опубликовано историй: ${required}${days ? ` за ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}` : ""}`,
      unique_scans: (required: string, days: number | null) =>
        `Разных покупателей, сканировавших коды: ${required}${days ? ` за ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}` : ""}`,
      days_with_paid_level: (required: string) => `Дней с уровнем A или B: ${required}`,
    },
    prices: (month: string, year: string) => `${month} в месяц или ${year} в год`,
    priceMonth: (month: string) => `${month} в месяц`,
    trial: (days: number) => `Первые ${days}\u00a0${plural.ru(days, "день", "дня", "дней")} бесплатно.`,
    check: "Проверка документов в цену входит.",
    rules: "Общие правила",
    rulesList: [
      "Показываем самый высокий из действующих уровней, остальные перечисляем рядом.",
      "Всё, что было с уровнями, остаётся в истории. Стереть её не может никто, и мы тоже.",
      "О скором окончании предупреждаем производителя за 60, 30, 7 дней и за день.",
    ],
    start: "Подключить производство",
    dashboard: "Мой статус",
  },
  {
    title: "What each level means",
    lead: "Four levels, each with a meaning of its own. Why a level was given, since when and until when stands on the producer’s page. So does a level that was lost.",
    description:
      "Status levels on Chestno: 0, A, B and C. What each means, how it is earned, kept and lost, and what it costs a producer.",
    contents: "Levels",
    paid: "Paid",
    paidHelp: "Levels 0 and A come with the membership fee. They say nothing about quality.",
    earned: "Verified and earned",
    earnedHelp: "Level B follows a review of documents, C follows deeds. Money alone does not buy them.",
    says: "What it tells a buyer",
    silent: "What it does not say",
    get: "How it is earned",
    keep: "How it is kept",
    lose: "How it is lost",
    price: "What it costs",
    level: {
      "0": {
        silent: "That the goods are any good or the papers in order: nobody has looked at them yet.",
        get: "The producer checks a bank card: ₽1 is charged and returned at once.",
        keep: (days) => `For the trial of ${days} ${plural.en(days, "day", "days")}. There is no second one.`,
        lose: "The trial is over and no subscription was paid. Once it is paid, A takes its place.",
        price: "Free",
      },
      A: {
        silent: "That we checked the goods or the papers. It is a membership fee, not a verdict.",
        get: "The producer pays for a subscription and publishes its details.",
        keep: "While the subscription is paid. If a payment fails the level stays for 14 more days, and the history says so.",
        lose: "Those 14 days pass without payment, the subscription is cancelled or the money returned. We may revoke it too, for a reason everybody can read.",
      },
      B: {
        silent: "That we test every batch. The documents and the facts about the producer are verified.",
        get: "The producer sends documents and one of us reads them. Then a plan of level B is needed; sometimes the level is given for a term without one.",
        keep: "While a plan of level B is paid or the term lasts, and while the facts stand.",
        lose: "The facts turn out wrong, the term ends or the subscription is not paid. The day and the reason stay in the history.",
      },
      C: {
        silent:
          "That the goods taste better than others. It says the producer is open and buyers take an interest.",
        get: "Every criterion below is met while A or B is held. No request is needed: the level comes by itself.",
        keep: "Given for a year and renewed by itself while the criteria are met.",
        lose: "After a year the criteria are no longer met, or both A and B are lost: then C falls the same day.",
        price: "Not for sale",
      },
    },
    criteria: "Criteria of level C",
    criterion: {
      published_stories: (required, days) =>
        `Stories published${days ? ` in ${days} ${plural.en(days, "day", "days")}` : ""}: ${required}`,
      unique_scans: (required, days) =>
        `Different buyers who scanned a code${days ? ` in ${days} ${plural.en(days, "day", "days")}` : ""}: ${required}`,
      days_with_paid_level: (required) => `Days with level A or B: ${required}`,
    },
    prices: (month, year) => `${month} a month or ${year} a year`,
    priceMonth: (month) => `${month} a month`,
    trial: (days) => `The first ${days} ${plural.en(days, "day is", "days are")} free.`,
    check: "The review of documents is included.",
    rules: "Rules for all of them",
    rulesList: [
      "We show the highest level held and list the others beside it.",
      "Everything that happened to the levels stays in the history. Nobody can erase it, and neither can we.",
      "We warn the producer 60, 30 and 7 days before a level ends, and the day before.",
    ],
    start: "Join as a producer",
    dashboard: "My status",
  },
);
