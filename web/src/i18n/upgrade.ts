/** Asking for level B, and the way to level C: the organization's own status page. */
import { dictionary, plural } from "./dictionary";

const inTimeRu = (hours: number) =>
  hours < 24
    ? "меньше суток"
    : `около ${Math.round(hours / 24)} ${plural.ru(Math.round(hours / 24), "дня", "дней", "дней")}`;
const inTimeEn = (hours: number) =>
  hours < 24
    ? "within a day"
    : `about ${Math.round(hours / 24)} ${plural.en(Math.round(hours / 24), "day", "days")}`;

export const upgradeTexts = dictionary(
  {
    title: "Статус B: проверка",
    lead: "Расскажите о производстве и приложите документы. Мы их посмотрим и ответим; решение придёт сюда и письмом.",
    notMine: "Подать заявку может владелец или администратор организации.",
    message: "О вашем производстве",
    messageHelp:
      "Что и где вы делаете, что из этого видно по документам. Если чего-то из списка нет, напишите почему.",
    answer: "Ваш ответ",
    answerHelp: "Что вы добавили и чего не можете показать. Прежние слова и файлы остались у нас.",
    sendAnswer: "Отправить ответ",
    answered: "Ответ отправлен, заявка снова у нас",
    guide: {
      title: "Что мы просим и что будет дальше",
      trade: "Чем вы занимаетесь",
      required: "Без этого статус B не дадим",
      helpful: "Если есть или нужно",
      time: "Сколько ждать",
      promised: (days: number) =>
        `До ${days} ${plural.ru(days, "рабочего дня", "рабочих дней", "рабочих дней")}.`,
      measured: (hours: number, days: number) =>
        `Обычно ${inTimeRu(hours)}, обещаем до ${days} ${plural.ru(days, "рабочего дня", "рабочих дней", "рабочих дней")}. Время, пока ждём ваши документы, не считаем.`,
      price: "Сколько это стоит",
      then: (prices: string) =>
        `Проверка бесплатна. После неё тариф B: ${prices}; неиспользованные дни тарифа A вычтем.`,
      or: " или ",
    },
    step: {
      theirs: {
        submitted: "Вы подали заявку",
        answered: "Вы ответили",
        more_asked: "Модератор просит ещё документы",
        approved: "Заявка одобрена",
        rejected: "Заявка отклонена",
        withdrawn: "Вы отозвали заявку",
      },
      ours: {
        submitted: "Организация подала заявку",
        answered: "Организация ответила",
        more_asked: "Мы попросили ещё документы",
        approved: "Мы одобрили",
        rejected: "Мы отклонили",
        withdrawn: "Организация отозвала заявку",
      },
    },
    files: "Документы",
    filesHelp: (count: number) =>
      `PDF, JPEG или PNG до 10\u00a0МБ, не больше ${count}\u00a0${plural.ru(count, "файла", "файлов", "файлов")}. Их увидят только вы и наши проверяющие.`,
    addFiles: "Добавить файлы",
    tooMany: (count: number) => `Больше ${count} файлов приложить нельзя. Лишние не добавлены.`,
    sending: "Отправляем",
    judging: "Проверяем",
    done: "Готов",
    removeFile: (name: string) => `Убрать файл: ${name}`,
    stopFile: (name: string) => `Остановить отправку: ${name}`,
    retryFile: (name: string) => `Отправить ещё раз: ${name}`,
    fileOf: (number: number) => `Документ ${number}`,
    stillSending: "Подождите, пока файлы отправятся, или уберите их.",
    failedFiles: "Уберите файлы, которые не приняты, или отправьте их ещё раз.",
    noFiles: "Приложите хотя бы один документ: без них проверять нечего.",
    draft: "Черновик хранится в этой вкладке, пока вы не отправите заявку.",
    submit: "Отправить заявку",
    submitting: "Отправляем…",
    submitted: "Заявка отправлена",

    pendingTitle: "Заявка на рассмотрении",
    pendingText: (date: string) => `Отправлена ${date}. Решение придёт сюда и письмом.`,
    withdraw: "Отозвать заявку",
    withdrawTitle: "Отозвать заявку на статус B?",
    withdrawText: "Рассматривать её не будем. Текст и документы останутся, заявку можно подать снова.",
    withdrawing: "Отзываем…",
    withdrawn: "Заявка отозвана",

    approvedTitle: "Заявка одобрена",
    approvedText: "Документы проверены. Выберите тариф уровня B: статус появится сразу после оплаты.",
    toPlans: "Выбрать тариф",
    holdsText: "Статус B уже действует.",
    holdsUntil: (date: string) =>
      `Статус B уже действует. Он закончится ${date}: продлите тариф B или подайте новую заявку.`,
    begin: "Подать заявку",
    again: "Подать новую заявку",
    rejectedTitle: "Заявка отклонена",
    moreAskedTitle: "Нужны ещё документы",
    moreAskedText: "Добавьте документы и ответьте: рассмотрим ту же заявку. Пока ответа нет, она ждёт вас.",
    rejectedText:
      "Исправьте, что написано в комментарии, и отправьте снова: прежний текст и документы уже в форме.",
    comment: (text: string) => `Комментарий проверяющего: ${text}`,

    history: "Прежние заявки",
    state: {
      pending: "на рассмотрении",
      approved: "одобрена",
      rejected: "отклонена",
      withdrawn: "отозвана",
      more_asked: "нужны ещё документы",
    },
    sentOn: "Отправлена",
    decidedOn: "Решение",
    documents: (count: number) => `${count} ${plural.ru(count, "документ", "документа", "документов")}`,
    noDocuments: "без документов",

    c: {
      title: "Статус C: дела",
      lead: "Купить его нельзя. Уровень появится сам, как только выполнены все условия и действует A или B.",
      held: "Условия выполнены, статус C действует. Пока они выполняются, он продлевается сам.",
      heldUntil: (date: string) =>
        `Статус C действует до ${date}. Чтобы он продлился, к этому дню все условия должны снова выполняться.`,
      heldByHand: "Статус C действует. Условия ниже сейчас выполнены не все.",
      needsPaid: "Сейчас нет уровня A или B: без него статус C не дают, даже если условия выполнены.",
      of: "из",
      done: "выполнено",
      criterion: {
        published_stories: (days: number | null) =>
          days
            ? `Опубликованные истории за ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}`
            : "Опубликованные истории",
        unique_scans: (days: number | null) =>
          days
            ? `Разные покупатели, сканировавшие коды, за ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}`
            : "Разные покупатели, сканировавшие коды",
        days_with_paid_level: () => "Дни с уровнем A или B",
      },
      next: "Что поможет сейчас",
      help: {
        published_stories: (left: number) =>
          `Опубликуйте ещё ${left} ${plural.ru(left, "историю", "истории", "историй")} о том, как вы работаете.`,
        unique_scans: (left: number) =>
          `Нужно ещё ${left} ${plural.ru(left, "покупатель", "покупателя", "покупателей")} с кодом: напечатайте его на упаковке и ценниках.`,
        days_with_paid_level: (left: number) =>
          `Держите A или B ещё ${left} ${plural.ru(left, "день", "дня", "дней")}: считаем сами, делать ничего не нужно.`,
      },
    },
    allLevels: "Что значит каждый уровень",
  },
  {
    title: "Status B: verification",
    lead: "Tell us who you are and what you make, and attach documents. We read them and answer; the decision comes here and by e-mail.",
    notMine: "The organization’s owner or an admin can apply.",
    message: "About your production",
    messageHelp:
      "What you make and where, and what the papers show of it. If something of the list is missing, say why.",
    answer: "Your answer",
    answerHelp:
      "What you have added and what you cannot show. What you said and sent before is still with us.",
    sendAnswer: "Send the answer",
    answered: "The answer is sent; the request is with us again",
    guide: {
      title: "What we ask for, and what comes then",
      trade: "What you do",
      required: "Without these we do not give status B",
      helpful: "Where there is one, or it is needed",
      time: "How long it takes",
      promised: (days) => `Up to ${days} working ${plural.en(days, "day", "days")}.`,
      measured: (hours, days) =>
        `Usually ${inTimeEn(hours)}; we promise ${days} working ${plural.en(days, "day", "days")}. The time in which we wait for your papers is not counted.`,
      price: "What it costs",
      then: (prices) =>
        `The review is free. A plan of level B after it: ${prices}; unused days of plan A are taken off.`,
      or: " or ",
    },
    step: {
      theirs: {
        submitted: "You applied",
        answered: "You answered",
        more_asked: "A moderator asks for more papers",
        approved: "The request is approved",
        rejected: "The request is declined",
        withdrawn: "You withdrew the request",
      },
      ours: {
        submitted: "The organization applied",
        answered: "The organization answered",
        more_asked: "We asked for more papers",
        approved: "We approved it",
        rejected: "We declined it",
        withdrawn: "The organization withdrew it",
      },
    },
    files: "Documents",
    filesHelp: (count) =>
      `PDF, JPEG or PNG, up to 10\u00a0MB each, ${count} files at most. Only you and our reviewers see them.`,
    addFiles: "Add files",
    tooMany: (count) => `No more than ${count} files can be attached. The rest were left out.`,
    sending: "Sending",
    judging: "Checking",
    done: "Ready",
    removeFile: (name) => `Remove the file ${name}`,
    stopFile: (name) => `Stop sending ${name}`,
    retryFile: (name) => `Send ${name} again`,
    fileOf: (number) => `Document ${number}`,
    stillSending: "Wait until the files are sent, or remove them.",
    failedFiles: "Remove the files that were not accepted, or send them again.",
    noFiles: "Attach at least one document: without any there is nothing to verify.",
    draft: "The draft stays in this tab until you send the request.",
    submit: "Send the request",
    submitting: "Sending…",
    submitted: "The request is sent",

    pendingTitle: "The request is under review",
    pendingText: (date) => `Sent on ${date}. The decision comes here and by e-mail.`,
    withdraw: "Withdraw the request",
    withdrawTitle: "Withdraw the request for status B?",
    withdrawText: "We will not review it. The text and the documents stay, and you can apply again.",
    withdrawing: "Withdrawing…",
    withdrawn: "The request is withdrawn",

    approvedTitle: "The request is approved",
    approvedText:
      "Your documents are verified. Choose a plan of level B: the status comes right after the payment.",
    toPlans: "Choose a plan",
    holdsText: "Status B is held.",
    holdsUntil: (date) =>
      `Status B is held. It ends on ${date}: renew the plan of level B or send a new request.`,
    begin: "Apply",
    again: "Apply again",
    moreAskedTitle: "More papers are needed",
    rejectedTitle: "The request is declined",
    moreAskedText: "Add the papers and answer: the same request goes on. Until then it waits for you.",
    rejectedText:
      "Put right what the comment says and send it again: your text and documents are in the form.",
    comment: (text) => `The reviewer’s comment: ${text}`,

    history: "Earlier requests",
    state: {
      pending: "under review",
      approved: "approved",
      rejected: "declined",
      withdrawn: "withdrawn",
      more_asked: "more papers needed",
    },
    sentOn: "Sent",
    decidedOn: "Decided",
    documents: (count) => `${count} ${plural.en(count, "document", "documents")}`,
    noDocuments: "no documents",

    c: {
      title: "Status C: deeds",
      lead: "It cannot be bought. The level comes by itself once every criterion is met while A or B is held.",
      held: "The criteria are met and status C is held. While they are met, it renews itself.",
      heldUntil: (date) =>
        `Status C is held until ${date}. It is extended if every criterion is met again by that day.`,
      heldByHand: "Status C is held. Not every criterion below is met at the moment.",
      needsPaid:
        "Neither A nor B is held now: without one of them C is not given, whatever the criteria say.",
      of: "of",
      done: "met",
      criterion: {
        published_stories: (days) => (days ? `Stories published in ${days} days` : "Published stories"),
        unique_scans: (days) =>
          days
            ? `Different buyers who scanned your codes in ${days} days`
            : "Different buyers who scanned your codes",
        days_with_paid_level: () => "Days with level A or B",
      },
      next: "What helps now",
      help: {
        published_stories: (left) =>
          `Publish ${left} more ${plural.en(left, "story", "stories")} about how you work.`,
        unique_scans: (left) =>
          `${left} more ${plural.en(left, "buyer has", "buyers have")} to scan a code: print it on packaging and price tags.`,
        days_with_paid_level: (left) =>
          `Hold A or B for ${left} more ${plural.en(left, "day", "days")}: we count, you need do nothing.`,
      },
    },
    allLevels: "What each level means",
  },
);
