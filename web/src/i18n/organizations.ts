import { dictionary } from "./dictionary";
import { words } from "./words";

export const organizationTexts = dictionary(
  {
    role: words.ru.role,
    create: {
      title: "Новая организация",
      lead: "Четыре строки, и у вас есть страница, которую увидят покупатели. Остальное можно добавить потом.",
      name: "Название",
      nameHelp: "Как его знают покупатели. Форма собственности не нужна.",
      legalName: "Полное наименование",
      legalNameHelp:
        "Как в документах: ООО «Мёд и травы», ИП Иванова Анна Петровна. Покупатели его увидят; без него нельзя оплатить.",
      slug: "Адрес страницы",
      slugHelp:
        "Латинские буквы, цифры и дефис, от 3 до 50 знаков. Потом не меняется: адрес печатают на упаковке.",
      inn: "ИНН",
      innHelp:
        "10 цифр у компании, 12 у предпринимателя. По нему мы узнаём организацию: один ИНН\u00a0— одна страница.",
      submit: "Создать организацию",
      submitting: "Создаём…",
      created: (name: string) => `Организация «${name}» создана`,
    },
    field: {
      slug_taken: "Этот адрес уже занят. Добавьте город или вид продукции.",
      inn_taken: "Организация с этим ИНН уже есть. Попросите приглашение у её владельца.",
    },
    dashboard: {
      yourRole: "Ваша роль",
      publicPage: "Страница для покупателей",
      copy: "Скопировать ссылку",
      copied: "Ссылка скопирована",
      subscription: "Подписка",
      more: "Подробнее о статусе",
      next: "Что дальше",
      facts: "Кратко",
      steps: {
        trial: {
          title: "Проверьте карту и получите статус 0",
          text: (days: string) => `Спишем 1\u00a0₽ и сразу вернём. ${days} вы пользуетесь всем бесплатно.`,
          action: "Начать испытательный срок",
        },
        waiting: {
          title: "Платёж ещё не завершён",
          text: "Вы начали оплату. Проверим, чем она закончилась.",
          action: "Узнать результат",
        },
        trialing: {
          title: "Станьте участником",
          text: (amount: string, date: string) =>
            `Первый платёж ${amount} спишем сами ${date}. Можно оплатить сейчас и сразу получить статус A.`,
          textNoCard: (date: string) =>
            `Карта удалена, сами мы ничего не спишем. Испытательный срок закончится ${date}; оплатите подписку, чтобы получить статус A.`,
          action: "Оплатить сейчас",
        },
        active: {
          title: "Покажите статус покупателям",
          text: "Поставьте ссылку на страницу там, где вас выбирают: на сайте, в карточке товара, в переписке.",
          action: "Открыть страницу",
        },
        revoked: {
          title: "Статус снят",
          text: "Подписка больше не продлевается: новых списаний не будет. Причина записана в истории статуса, её видят и покупатели.",
          action: "Прочитать историю",
        },
        ending: {
          title: (date: string) => `Подписка закончится ${date}`,
          text: "Её отменили. До этого дня всё работает, и отмену можно взять обратно.",
          action: "К подписке",
        },
        past_due: {
          title: "Оплатите подписку, чтобы сохранить статус",
          text: (date: string) => `Последний платёж не прошёл. Статус сохраняется до ${date}.`,
          action: "Перейти к оплате",
        },
        ended: {
          title: "Верните статус",
          text: "Подписка закончилась, уровни сняты. После оплаты статус появится сразу.",
          action: "Выбрать тариф",
        },
        viewer: "Платить может владелец или администратор организации.",
      },
    },
    public: {
      documentTitle: (name: string) => `${name}\u00a0— статус производителя`,
      description: (name: string, status: string) =>
        `${name}: ${status}. Уровни с датами, реквизиты и вся история статуса.`,
      logo: (name: string) => `Логотип: ${name}`,
      allLevels: "Все уровни подробно",
      levels: "Что значит этот статус",
      paidGroup: "Оплачено",
      paidGroupHelp: "Уровни 0 и A дают за оплату участия. Это не оценка.",
      earnedGroup: "Проверено и заслужено",
      earnedGroupHelp: "Уровень B дают после проверки документов, C\u00a0— за дела. Их нельзя просто купить.",
      nothingPaid: "Оплаченных уровней нет.",
      nothingEarned: "Проверенных и заслуженных уровней пока нет.",
      about: "Об организации",
      noDescription: "Организация пока ничего о себе не рассказала.",
      requisites: "Реквизиты",
      legalName: "Юридическое название",
      inn: "ИНН",
      category: "Чем занимается",
      region: "Регион",
      website: "Сайт",
      since: "В «Честно» с",
      unpublished: "Страница не опубликована: её видите только вы и ваша команда.",
      notFoundTitle: "Такой организации нет",
      notFoundText: "Проверьте адрес: возможно, в нём опечатка, или организация скрыла свою страницу.",
      notFoundHome: "На главную",
    },
  },
  {
    role: words.en.role,
    create: {
      title: "New organization",
      lead: "Four lines, and you have a page that buyers can see. The rest can wait.",
      name: "Name",
      nameHelp: "The one your buyers know, without the legal form.",
      legalName: "Legal name",
      legalNameHelp:
        "As it stands in your papers. Buyers will see it, and it is needed before the first payment.",
      slug: "Page address",
      slugHelp:
        "Latin letters, digits and hyphens, 3 to 50 characters. It cannot change later: people print it on packaging.",
      inn: "INN (taxpayer number)",
      innHelp: "10 digits for a company, 12 for a sole proprietor. One INN, one page.",
      submit: "Create the organization",
      submitting: "Creating…",
      created: (name) => `${name} has been created`,
    },
    field: {
      slug_taken: "This address is taken. Add a town or what you make.",
      inn_taken: "An organization with this INN is already here. Ask its owner for an invitation.",
    },
    dashboard: {
      yourRole: "Your role",
      publicPage: "Page for buyers",
      copy: "Copy the link",
      copied: "Link copied",
      subscription: "Subscription",
      more: "More about the status",
      next: "What next",
      facts: "In short",
      steps: {
        trial: {
          title: "Check a card and get status 0",
          text: (days) => `We charge ₽1 and return it at once. ${days} everything is free.`,
          action: "Start the trial",
        },
        waiting: {
          title: "A payment is not finished",
          text: "You started paying. Let us see how it ended.",
          action: "See the result",
        },
        trialing: {
          title: "Become a member",
          text: (amount, date) =>
            `We will charge the first ${amount} on ${date}. Or pay now and get status A at once.`,
          textNoCard: (date) =>
            `The card is removed, so we will charge nothing. The trial ends on ${date}; pay for a subscription to get status A.`,
          action: "Pay now",
        },
        active: {
          title: "Show the status to buyers",
          text: "Put the link where people choose you: on your site, beside a product, in a chat.",
          action: "Open the page",
        },
        revoked: {
          title: "The status is revoked",
          text: "The subscription is not renewed: nothing more is charged. The reason is in the status history, where buyers see it too.",
          action: "Read the history",
        },
        ending: {
          title: (date) => `The subscription ends on ${date}`,
          text: "It was cancelled. Everything works until that day, and the cancellation can be taken back.",
          action: "To the subscription",
        },
        past_due: {
          title: "Pay to keep the status",
          text: (date) => `The last payment failed. The status stays until ${date}.`,
          action: "Go to billing",
        },
        ended: {
          title: "Get the status back",
          text: "The subscription is over and the levels are gone. They return as soon as you pay.",
          action: "Choose a plan",
        },
        viewer: "An owner or an admin of the organization can pay.",
      },
    },
    public: {
      documentTitle: (name) => `${name}\u00a0— producer’s status`,
      description: (name, status) => `${name}: ${status}. Levels with dates, details and the whole history.`,
      logo: (name) => `Logo of ${name}`,
      allLevels: "All levels in detail",
      levels: "What this status means",
      paidGroup: "Paid",
      paidGroupHelp: "Levels 0 and A come with the membership fee. They are no verdict.",
      earnedGroup: "Verified and earned",
      earnedGroupHelp:
        "Level B follows a review of documents, C follows deeds. Money alone does not buy them.",
      nothingPaid: "No paid levels.",
      nothingEarned: "No verified or earned levels yet.",
      about: "About",
      noDescription: "The organization has not said anything about itself yet.",
      requisites: "Details",
      legalName: "Legal name",
      inn: "INN",
      category: "What it does",
      region: "Region",
      website: "Website",
      since: "On Chestno since",
      unpublished: "This page is not published: only you and your team can see it.",
      notFoundTitle: "No such organization",
      notFoundText: "Check the address: there may be a typo, or the organization has hidden its page.",
      notFoundHome: "Home",
    },
  },
);
