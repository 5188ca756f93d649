/** Printed codes: what a buyer finds behind one. */
import { dictionary } from "./dictionary";

export const qrTexts = dictionary(
  {
    landing: {
      documentTitle: (name: string) => `${name}\u00a0— код на упаковке`,
      code: (code: string) => `Код ${code}`,
      unknownTitle: "Такого кода у нас нет",
      unknownText:
        "Проверьте адрес, если набирали его руками: в коде десять знаков. Если код напечатан на товаре, которому вы хотели поверить, то сделали его не мы.",
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
        deleted: "Владелец удалил её. Статусы, которые она держала, и их история остаются видны.",
        revoked: "Сейчас у него нет ни одного уровня. Ниже сказано, что было и почему закончилось.",
        lapsed:
          "Сейчас у него нет ни одного уровня: срок вышел или участие не оплачено. Что было раньше, сказано ниже.",
        unproven:
          "Код напечатан через «Честно», но у производителя никогда не было статуса: ни имени, ни документов мы не проверяли. Код сам по себе ничего не подтверждает.",
        off: "Сам код настоящий, но вести дальше он больше не должен. О производителе можно узнать здесь.",
        story_gone: "О производителе можно узнать здесь.",
      },
      who: "Кто это",
      profile: "Всё о производителе",
      means: "Что значит этот статус",
      stories: "Последние истории",
      leadsTo: "Код ведёт на сайт",
      leadsToHelp: "Его выбрал производитель. Мы за этот сайт не отвечаем.",
      legalName: "Юридическое название",
      inn: "ИНН",
    },
  },
  {
    landing: {
      documentTitle: (name) => `${name}\u00a0— code on the packaging`,
      code: (code) => `Code ${code}`,
      unknownTitle: "There is no such code",
      unknownText:
        "Check the address if you typed it: a code has ten characters. If it is printed on goods you wanted to trust, it was not made by us.",
      unknownHome: "Home",
      state: {
        active: "",
        deleted: "This organization is gone",
        revoked: "We revoked this producer’s status",
        lapsed: "This producer’s status has ended",
        unproven: "We know nothing of this producer",
        off: "The producer switched this code off",
        story_gone: "The story this code led to is not shown any more",
      },
      text: {
        active: "",
        deleted: "Its owner deleted it. The statuses it held and their history stay visible.",
        revoked: "It holds no level now. What there was, and why it ended, stands below.",
        lapsed:
          "It holds no level now: the term is over or the membership is not paid. What there was stands below.",
        unproven:
          "The code was printed through Chestno, but the producer never held a status: we verified neither its name nor its documents. A code by itself proves nothing.",
        off: "The code itself is real, but is not to lead on any more. Who the producer is can be read here.",
        story_gone: "Who the producer is can be read here.",
      },
      who: "Who this is",
      profile: "All about the producer",
      means: "What this status means",
      stories: "Latest stories",
      leadsTo: "The code leads to a site",
      leadsToHelp: "The producer chose it. We do not answer for that site.",
      legalName: "Legal name",
      inn: "INN",
    },
  },
);
