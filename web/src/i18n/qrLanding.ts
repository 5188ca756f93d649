/** What a buyer finds behind a printed code. */
import { dictionary } from "./dictionary";

export const qrLandingTexts = dictionary(
  {
    documentTitle: (name: string) => `${name}\u00a0— код на упаковке`,
    code: (code: string) => `Код ${code}`,
    unknownTitle: "Такого кода у нас нет",
    unknownText:
      "Если набирали адрес руками, сверьте его: в коде десять знаков. Если сканировали с упаковки\u00a0— этот код выпустили не мы, и о производителе он ничего не говорит.",
    unknownHome: "На главную",
    state: {
      active: "",
      deleted: "Организации больше нет",
      revoked: "Мы отозвали статус этого производителя",
      lapsed: "Статус этого производителя закончился",
      unproven: "Мы ничего не знаем об этом производителе",
      off: "Производитель отключил этот код",
      story_gone: "История, на которую вёл код, больше не показывается",
    },
    text: {
      active: "",
      deleted:
        "Её удалил владелец. Статус, срок которого ещё не вышел, закончится в срок. Чем закончились прежние, по-прежнему видно.",
      revoked: "Сейчас у него нет ни одного уровня. Что мы отозвали и почему\u00a0— ниже.",
      lapsed:
        "Сейчас у него нет ни одного уровня: срок вышел или участие не оплачено. Что было раньше\u00a0— ниже.",
      unproven:
        "Код напечатан через «Честно», но у производителя никогда не было статуса: ни имени, ни документов мы не проверяли. Код сам по себе ничего не подтверждает.",
      off: "Код настоящий, просто больше никуда не ведёт. О самом производителе\u00a0— ниже.",
      story_gone: "О самом производителе\u00a0— ниже.",
    },
    who: "Кто это",
    profile: "Всё о производителе",
    means: "Что значит этот статус",
    meanAll: "Что значат статусы",
    stories: "Последние истории",
    leadsTo: "Код ведёт на сайт",
    leadsToHelp: "Его выбрал производитель. Мы за этот сайт не отвечаем.",
    legalName: "Юридическое название",
    inn: "ИНН",
  },
  {
    documentTitle: (name) => `${name}\u00a0— code on the packaging`,
    code: (code) => `Code ${code}`,
    unknownTitle: "There is no such code",
    unknownText:
      "If you typed the address, check it: a code has ten characters. If you scanned it on packaging, it was not made by us and says nothing about the producer.",
    unknownHome: "Home",
    state: {
      active: "",
      deleted: "This organization is gone",
      revoked: "We revoked this producer’s status",
      lapsed: "This producer’s status has ended",
      unproven: "We know nothing about this producer",
      off: "The producer switched this code off",
      story_gone: "The story this code led to is not shown any more",
    },
    text: {
      active: "",
      deleted:
        "Its owner deleted it. A status whose term is not over ends in time. How earlier ones ended stays visible.",
      revoked: "It holds no level now. What we revoked, and why, stands below.",
      lapsed:
        "It holds no level now: the term is over or the membership is not paid. What there was stands below.",
      unproven:
        "The code was printed through Chestno, but the producer never held a status: we verified neither its name nor its documents. A code by itself proves nothing.",
      off: "The code is real; it just leads nowhere any more. About the producer, see below.",
      story_gone: "About the producer, see below.",
    },
    who: "Who this is",
    profile: "All about the producer",
    means: "What this status means",
    meanAll: "What statuses mean",
    stories: "Latest stories",
    leadsTo: "The code leads to a site",
    leadsToHelp: "The producer chose it. We do not answer for that site.",
    legalName: "Legal name",
    inn: "INN",
  },
);
