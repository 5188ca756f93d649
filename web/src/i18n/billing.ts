/** Money in plain words: what is charged, when, why it did not work, and what happens next. */
import { dictionary, plural } from "./dictionary";
import { words } from "./words";

export const billingTexts = dictionary(
  {
    title: "Оплата",
    lead: "Тариф, карта и всё, что мы списывали или собираемся списать.",
    period: { month: "месяц", year: "год" },
    perPeriod: { month: "в месяц", year: "в год" },
    viewer: "Вы видите подписку, но платить и менять карту может владелец или администратор организации.",

    state: {
      title: "Что и когда спишем",
      none: "Подписки нет",
      nothing: "Подписки нет, и списывать нечего. Выберите тариф ниже.",
      trialing: "Испытательный срок",
      active: "Действует",
      past_due: "Платёж не прошёл",
      canceled: "Закончилась",
      expired: "Закончилась",
      ending: "Действует до конца срока",
      state: "Состояние",
      plan: "Тариф",
      trialEnd: "Испытательный срок до",
      paidUntil: "Оплачено до",
      grace: "Статус сохраняется до",
      nextCharge: "Следующее списание",
      firstCharge: "Первое списание",
      nextRetry: "Следующая попытка",
      laterRetries: "Если снова не пройдёт",
      onDate: (date: string) => `\u00a0— ${date}`,
      fromCard: (card: string) => `с карты ${card}`,
      noCard: "Не будет: карты нет",
      noRetry: "Не будет: этой карте банк отказывает",
      noCharge: "Не будет",
      chargingNow: "Сейчас",
      newPrice: "Новая цена",
      newPriceFrom: (to: string, date: string) =>
        `${to}\u00a0— за первый период, который начнётся ${date} или позже`,
      then: {
        month: "Дальше\u00a0— каждый месяц в этот день.",
        year: "Дальше\u00a0— каждый год в этот день.",
      },
      remind: {
        trial: "Напомним за 3\u00a0дня и ещё раз за день.",
        year: "Напомним за 7\u00a0дней.",
      },
      mayCancel: (date: string) =>
        `Отменить можно в любой момент: тогда ничего не спишем, а всё, что есть, останется до ${date}.`,
      noCardTrial: (date: string) =>
        `Карты нет: ${date} плату списать не с чего. Статус 0 продержится ещё 14 дней, и если за это время не привязать карту и не оплатить, мы его снимем.`,
      noCardPaid: (date: string, level: string) =>
        `Карты нет, сами мы ничего не спишем. Оплачено до ${date}; после этого статус ${level} продержится ещё 14 дней, чтобы вы успели оплатить.`,
      underWayTitle: "Списываем прямо сейчас",
      underWay: (amount: string) =>
        `${amount}. Ответ обычно приходит за минуту, страница обновится сама. Платить ещё раз не нужно.`,
      underWayWait:
        "Мы уже списываем деньги с карты. Дождитесь ответа, обычно это минута: дважды ничего не спишем.",
      endingTitle: (date: string) => `Подписка закончится ${date}`,
      endingText: (date: string, level: string) =>
        `Вы её отменили, больше ничего не спишем. До ${date} всё работает, затем статус ${level} будет снят.`,
      endingRevoked:
        "Статус снят, поэтому подписка больше не продлевается: ничего не спишем. Причина записана в истории статуса.",
      resumeThen: (amount: string, date: string, card: string) =>
        `Передумали? Возобновите, и ${date} спишем ${amount} с карты ${card}.`,
      resumeNoCard: (date: string) => `Передумали? Возобновите и привяжите карту: она понадобится ${date}.`,
      graceKept: (level: string, date: string, left: string) =>
        `Статус ${level} сохраняется до ${date}, ${left}.`,
      willRetry: (date: string) => `Попробуем ещё раз ${date}. Не хотите ждать\u00a0— оплатите сейчас.`,
      willNotRetry: "Сами больше не попробуем: привяжите другую карту или оплатите сейчас.",
      newCardCharges: "Новую карту проверим на 1\u00a0₽ и в течение часа спишем с неё долг.",
      ifDeclined: (level: string) =>
        `Если банк откажет, статус ${level} сохранится ещё 14 дней: напишем вам и за это время попробуем снова до шести раз.`,
      line: {
        begun: { period: "начало периода", trial: "начало испытательного срока", grace: "платёж не прошёл" },
        ends: {
          charge: "списание",
          over: "конец подписки",
          revoked: "статус снимем",
          unpaid: "конец периода",
        },
        today: (left: string) => `сегодня, ${left}`,
        said: (from: string, to: string, left: string) => `С ${from} до ${to}, ${left}`,
      },
      payNow: (amount: string) => `Оплатить ${amount} сейчас`,
      newCard: "Привязать другую карту",
      addCard: "Привязать карту",
      endedTitle: (date: string) => `Подписка закончилась ${date}`,
      endedByYou: "Вы её отменили.",
      endedRefunded: (amount: string) => `Деньги за этот период вернули: ${amount}.`,
      endedGrace: "Платёж не прошёл, и за 14 дней отсрочки денег так и не поступило.",
      endedText: "Уровни сняты. Чтобы вернуть статус, оплатите тариф.",
    },

    cancel: {
      open: "Отменить подписку",
      title: (plan: string) => `Отменить подписку «${plan}»?`,
      nothing: "Больше ничего не спишем.",
      until: (date: string) => `До ${date} всё останется как есть, и передумать можно в один клик.`,
      atOnce: "Оплаченный период уже закончился, поэтому подписка закончится сразу.",
      loses: (date: string) => `${date} вы потеряете:`,
      losesNow: "Сразу вы потеряете:",
      level: (level: string, name: string) => `статус ${level}\u00a0— «${name}»`,
      levelC: "статус C\u00a0— «Активный»: он держится на A или B",
      limits: "возможности тарифа: новые QR-коды и истории",
      stays: "Напечатанные QR-коды продолжат открываться. Покупатели увидят, что статус утрачен и когда.",
      keep: "Оставить",
      action: "Отменить подписку",
      pending: "Отменяем…",
      done: (date: string) => `Подписка закончится ${date}`,
      doneNow: "Подписка отменена",
    },
    resume: { action: "Возобновить подписку", pending: "Возобновляем…", done: "Подписка продолжается" },

    change: {
      open: "Перейти",
      title: (plan: string) => `Перейти на «${plan}»?`,
      price: (plan: string) => `Тариф «${plan}»`,
      credit: (unused: string, plan: string) =>
        `Вычитаем ${unused} тарифа «${plan}», которые вы не использовали`,
      unused: (days: number) => `${days} ${plural.ru(days, "день", "дня", "дней")}`,
      formula: (price: string, unused: number, total: number) => `${price} × ${unused} / ${total}`,
      lessRefunds: "за вычетом того, что уже вернули",
      total: "К оплате",
      bonus: (amount: string, days: string) => `Остаток ${amount} не пропадёт: за него добавим ${days}`,
      rest: "Остаток меньше цены одного дня и не переносится",
      minimum: "Меньше 1\u00a0₽ ЮKassa не принимает.",
      period: (date: string) => `Новый период начнётся сразу после оплаты и закончится ${date}.`,
      then: {
        month: (price: string) => `Тогда спишем ${price}, и так каждый месяц, пока не отмените подписку.`,
        year: (price: string) => `Тогда спишем ${price}, и так каждый год, пока не отмените подписку.`,
      },
      comingPrice: (price: string, date: string) =>
        `Объявлена новая цена этого тарифа: ${price} с ${date}. Для вас она начнёт действовать не раньше чем через 30 дней после письма о ней.`,
      levelToo: (level: string, name: string) => `Тогда же появится статус ${level}\u00a0— «${name}».`,
      resumes: "Отмена подписки при этом снимется.",
      action: (amount: string) => `Оплатить ${amount}`,
      changed: "Пока вы смотрели, сумма изменилась. Проверьте расчёт ещё раз.",
      counting: "Считаем…",
    },

    receipts: {
      goTo: (email: string) => `Чеки об оплате и возвратах отправляем на ${email}.`,
      change: "Изменить адрес",
      askTitle: "Куда отправить чек?",
      askText:
        "По закону (54-ФЗ) мы обязаны прислать чек. Адрес запомним, изменить его можно в разделе «Организация».",
      email: "Электронная почта для чеков",
      save: "Сохранить и продолжить",
      saving: "Сохраняем…",
    },

    waiting: {
      title: "Есть незаконченная оплата",
      text: (what: string, amount: string, when: string) => `${what}, ${amount}. Начата ${when}.`,
      resume: "Продолжить",
      leave: "Отменить",
      leaveTitle: "Отменить эту оплату?",
      leaveText: (what: string, amount: string) =>
        `${what}, ${amount}. Пока она не прошла, с карты ничего не списано. Если страница ЮKassa ещё открыта, закройте её: что оплатят там после отмены, мы вернём.`,
      leaveAction: "Отменить оплату",
      leaving: "Отменяем…",
      left: "Оплата отменена",
      keep: "Не отменять",
    },

    trial: {
      title: (days: number) => `${days} ${plural.ru(days, "день", "дня", "дней")} бесплатно`,
      // Before the charge: the amount, the date, the way out. All three, always.
      promise: (hold: string, amount: string, date: string) =>
        `Проверка карты: спишем ${hold} и сразу вернём. Первый платёж ${amount}\u00a0— ${date}, напомним за 3\u00a0дня. Отменить можно в любой момент.`,
      get: "Сразу получите статус 0 и страницу для покупателей.",
      choose: "Тариф после испытательного срока",
      start: (hold: string) => `Проверить карту за ${hold}`,
      usedTitle: "Испытательный срок не начался",
      used: (hold: string) =>
        `С одной картой за 90 дней начинают не больше двух испытательных сроков, а у одного ИНН он один. ${hold} возвращаем на карту. Тариф можно оплатить сразу.`,
      consent: (price: string) =>
        `Нажимая кнопку, вы разрешаете сохранить карту и списывать с неё ${price}, пока не отмените подписку.`,
    },

    plans: {
      title: "Тарифы",
      payNow: "Оплатить сразу",
      empty: "Тарифов сейчас нет. Зайдите позже.",
      current: "ваш тариф",
      price: (amount: string, period: string) => `${amount} ${period}`,
      saving: (amount: string) => `на ${amount} меньше, чем помесячно`,
      pay: "Оплатить",
      needsVerification: "Тариф для тех, чьи документы мы проверили.",
      askVerification: "Подать заявку на статус B",
      verificationPending: "Ваша заявка на статус B на рассмотрении.",
      lower: (date: string) =>
        `Этот уровень ниже вашего. Выбрать его можно, когда закончится оплаченный период, ${date}.`,
      endsTrial: "Оплата сейчас закончит испытательный срок: оплаченный период начнётся сегодня.",
      consent:
        "Оплачивая, вы разрешаете сохранить карту и списывать с неё ту же сумму в начале каждого следующего месяца или года, пока не отмените подписку. Отменить можно в любой момент.",
      changes: "При переходе неиспользованные дни нынешнего тарифа вычтем из цены; расчёт покажем до оплаты.",
      period: "Как платить",
      by: { month: "Помесячно", year: "За год" },
      rows: {
        price: "Цена",
        says: "Что это значит",
        qr_codes: "QR-коды",
        stories_per_month: "Историй в месяц",
        members: "Людей в команде",
        trial: "Испытательный срок",
        papers: "Проверка документов",
        choose: "Выбор",
      },
      unlimited: "без ограничений",
      noTrial: "нет",
      papersNeeded: "нужна",
      papersNotNeeded: "не нужна",
      none: "нет",
      approvedTitle: "Заявка на статус B одобрена",
      approved: (price: string) => `Выберите тариф B, ${price}: статус появится сразу после оплаты.`,
      opening: "Открываем ЮKassa…",
      provider: "Платёж проходит на странице ЮKassa. Номер карты мы не видим и не храним.",
      badAddress:
        "Адрес страницы оплаты выглядит неправильно, поэтому мы вас туда не отправили. Напишите нам.",
    },

    card: {
      title: "Карта",
      titleMany: "Карты",
      charged: "для списаний",
      choose: "Списывать с неё",
      choosing: "Меняем…",
      chosen: "Теперь списываем с этой карты",
      chosenAndCharged: "Теперь списываем с этой карты; долг спишем в течение часа",
      removeShort: "Удалить",
      none: "Карты нет. Она появится после проверки или оплаты.",
      number: (brand: string, last4: string) => `${brand}\u00a0··\u00a0${last4}`,
      names: words.ru.card,
      expires: (month: string) => `до ${month}`,
      expired: "срок истёк",
      remove: "Удалить карту",
      removeTitle: (card: string) => `Удалить карту ${card}?`,
      removeText:
        "После этого мы ничего с неё не спишем, и разрешение нельзя будет вернуть: карту придётся привязать заново.",
      removeTrial: (date: string) =>
        `Испытательный срок останется до ${date}. Если до тех пор не привязать другую карту, плату списать будет не с чего, и статус 0 мы снимем через 14 дней.`,
      removeActive: (date: string) =>
        `Оплаченное остаётся: подписка действует до ${date}. Следующий платёж нужно будет сделать самим или привязать другую карту.`,
      removePastDue: (date: string) =>
        `Повторных списаний не будет. Статус сохраняется до ${date}: до этого дня можно оплатить самим или привязать другую карту.`,
      removeEnding: (date: string) => `Подписка закончится ${date}, как и была отменена.`,
      removeOther: "Сейчас мы с неё ничего не списываем.",
      removing: "Удаляем…",
      removed: "Карта удалена, списаний не будет",
      removedSpare: (main: string) => `Карта удалена. Списываем по-прежнему с карты ${main}`,
      removedUnderWay:
        "Карта удалена, новых списаний не будет. Но один платёж ушёл в банк до удаления, и отозвать его нельзя: если он пройдёт, он появится в истории ниже, и его можно вернуть\u00a0— напишите нам.",
      replaceHelp: "Проверим её на 1\u00a0₽ и сразу вернём. Следующие списания пойдут с новой карты.",
    },
  },
  {
    title: "Billing",
    lead: "Your plan, your card, and everything we have charged or are going to charge.",
    period: { month: "month", year: "year" },
    perPeriod: { month: "a month", year: "a year" },
    viewer:
      "You can see the subscription; an owner or an admin of the organization can pay and change the card.",

    state: {
      title: "What we charge, and when",
      none: "No subscription",
      nothing: "No subscription, and nothing to be charged. Choose a plan below.",
      trialing: "Trial",
      active: "Active",
      past_due: "Payment failed",
      canceled: "Over",
      expired: "Over",
      ending: "Active until the end of its period",
      state: "State",
      plan: "Plan",
      trialEnd: "Trial until",
      paidUntil: "Paid until",
      grace: "Status stays until",
      nextCharge: "Next charge",
      firstCharge: "First charge",
      nextRetry: "Next attempt",
      laterRetries: "If it fails again",
      onDate: (date) => ` on ${date}`,
      fromCard: (card) => `from ${card}`,
      noCard: "None: there is no card",
      noRetry: "None: the bank refuses this card",
      noCharge: "None",
      chargingNow: "Right now",
      newPrice: "New price",
      newPriceFrom: (to, date) => `${to} for the first period that begins on ${date} or later`,
      then: {
        month: "After that, on this day every month.",
        year: "After that, on this day every year.",
      },
      remind: {
        trial: "We will remind you 3 days before, and once more the day before.",
        year: "We will remind you 7 days before.",
      },
      mayCancel: (date) =>
        `Cancel at any time: nothing is charged then, and everything you have stays until ${date}.`,
      noCardTrial: (date) =>
        `There is no card, so nothing can be charged on ${date}. Status 0 stays for 14 more days; without a card or a payment by then it is revoked.`,
      noCardPaid: (date, level) =>
        `There is no card, so we will charge nothing. Paid until ${date}; after that status ${level} stays for 14 more days, to give you time to pay.`,
      underWayTitle: "We are charging the card right now",
      underWay: (amount) =>
        `${amount}. The answer usually comes within a minute and this page follows by itself. Do not pay again.`,
      underWayWait:
        "We are charging the card already. Wait for the answer, usually a minute: nothing is charged twice.",
      endingTitle: (date) => `The subscription ends on ${date}`,
      endingText: (date, level) =>
        `You cancelled it; nothing more will be charged. Everything works until ${date}, then status ${level} is revoked.`,
      endingRevoked:
        "The status was revoked, so the subscription is not renewed and nothing more is charged. The reason is in the status history.",
      resumeThen: (amount, date, card) =>
        `Changed your mind? Resume it, and we charge ${amount} to ${card} on ${date}.`,
      resumeNoCard: (date) => `Changed your mind? Resume it and add a card: it will be needed on ${date}.`,
      graceKept: (level, date, left) => `Status ${level} stays until ${date}, ${left}.`,
      willRetry: (date) => `We will try again on ${date}. If you would rather not wait, pay now.`,
      willNotRetry: "We will not try again by ourselves: add another card or pay now.",
      newCardCharges: "We check the new card with ₽1 and charge it what is due within an hour.",
      ifDeclined: (level) =>
        `If the bank refuses, status ${level} stays for 14 more days: we write to you and try again up to six times meanwhile.`,
      line: {
        begun: { period: "period began", trial: "trial began", grace: "payment failed" },
        ends: {
          charge: "charge",
          over: "subscription ends",
          revoked: "status is revoked",
          unpaid: "period ends",
        },
        today: (left) => `today, ${left}`,
        said: (from, to, left) => `From ${from} to ${to}, ${left}`,
      },
      payNow: (amount) => `Pay ${amount} now`,
      newCard: "Add another card",
      addCard: "Add a card",
      endedTitle: (date) => `The subscription ended on ${date}`,
      endedByYou: "You cancelled it.",
      endedRefunded: (amount) => `The money for this period was refunded: ${amount}.`,
      endedGrace: "The payment failed and nothing came during the 14 days of grace.",
      endedText: "The levels are gone. Pay for a plan to get the status back.",
    },

    cancel: {
      open: "Cancel the subscription",
      title: (plan) => `Cancel “${plan}”?`,
      nothing: "Nothing more will be charged.",
      until: (date) => `Until ${date} everything stays as it is, and one press takes the cancellation back.`,
      atOnce: "The paid period is over already, so the subscription ends at once.",
      loses: (date) => `On ${date} you lose:`,
      losesNow: "You lose at once:",
      level: (level, name) => `status ${level}: ${name}`,
      levelC: "status C: Active, which stands on A or B",
      limits: "what the plan gives: new QR codes and stories",
      stays: "Printed QR codes keep opening. Buyers will see that the status was lost, and when.",
      keep: "Keep it",
      action: "Cancel the subscription",
      pending: "Cancelling…",
      done: (date) => `The subscription ends on ${date}`,
      doneNow: "The subscription is cancelled",
    },
    resume: { action: "Resume the subscription", pending: "Resuming…", done: "The subscription goes on" },

    change: {
      open: "Switch",
      title: (plan) => `Switch to “${plan}”?`,
      price: (plan) => `Plan “${plan}”`,
      credit: (unused, plan) => `Less ${unused} of “${plan}” that you have not used`,
      unused: (days) => `${days} ${plural.en(days, "day", "days")}`,
      formula: (price, unused, total) => `${price} × ${unused} / ${total}`,
      lessRefunds: "less what was refunded already",
      total: "To pay",
      bonus: (amount, days) => `The remaining ${amount} is not lost: it adds ${days}`,
      rest: "The remainder is less than the price of a day and is not carried over",
      minimum: "YooKassa takes no less than ₽1.",
      period: (date) => `The new period begins when you have paid and ends on ${date}.`,
      then: {
        month: (price) => `We charge ${price} then, and so every month until you cancel.`,
        year: (price) => `We charge ${price} then, and so every year until you cancel.`,
      },
      comingPrice: (price, date) =>
        `A new price of this plan is announced: ${price} from ${date}. For you it begins 30 days after a letter about it at the earliest.`,
      levelToo: (level, name) => `Status ${level} (${name}) comes with it.`,
      resumes: "This also takes back the cancellation.",
      action: (amount) => `Pay ${amount}`,
      changed: "The amount changed while you were looking. Please check the sum again.",
      counting: "Working it out…",
    },

    receipts: {
      goTo: (email) => `Receipts for payments and refunds go to ${email}.`,
      change: "Change the address",
      askTitle: "Where should the receipt go?",
      askText:
        "The law (54-FZ) obliges us to send a receipt. We keep the address; you can change it under Organization.",
      email: "E-mail for receipts",
      save: "Save and go on",
      saving: "Saving…",
    },

    waiting: {
      title: "A payment is not finished",
      text: (what, amount, when) => `${what}, ${amount}. Started ${when}.`,
      resume: "Continue",
      leave: "Cancel it",
      leaveTitle: "Cancel this payment?",
      leaveText: (what, amount) =>
        `${what}, ${amount}. Until it goes through, nothing is charged. If YooKassa’s page is still open, close it: whatever is paid there after this comes back.`,
      leaveAction: "Cancel the payment",
      leaving: "Cancelling…",
      left: "The payment is cancelled",
      keep: "Keep it",
    },

    trial: {
      title: (days) => `${days} ${plural.en(days, "day", "days")} free`,
      promise: (hold, amount, date) =>
        `Card check: we charge ${hold} and return it at once. The first payment of ${amount} is on ${date}; we remind you 3 days before. Cancel at any time.`,
      get: "You get status 0 and a page for buyers at once.",
      choose: "Plan after the trial",
      start: (hold) => `Check the card for ${hold}`,
      usedTitle: "The trial did not begin",
      used: (hold) =>
        `One card begins two trials in 90 days at most, and one INN a single one. ${hold} goes back to the card. You can pay for a plan at once.`,
      consent: (price) =>
        `By pressing the button you allow us to save the card and charge it ${price} until you cancel.`,
    },

    plans: {
      title: "Plans",
      payNow: "Pay straight away",
      empty: "There are no plans at the moment. Come back later.",
      current: "your plan",
      price: (amount, period) => `${amount} ${period}`,
      saving: (amount) => `${amount} less than month by month`,
      pay: "Pay",
      needsVerification: "For organizations whose documents we have verified.",
      askVerification: "Apply for status B",
      verificationPending: "Your request for status B is under review.",
      lower: (date) => `This level is below yours. You can choose it when the paid period ends on ${date}.`,
      endsTrial: "Paying now ends the trial: the paid period begins today.",
      consent:
        "By paying you allow us to save the card and charge it the same amount at the start of every following month or year until you cancel. You can cancel at any time.",
      changes:
        "When you switch, the unused days of your plan are taken off the price; you see the sum before you pay.",
      period: "How to pay",
      by: { month: "Monthly", year: "Yearly" },
      rows: {
        price: "Price",
        says: "What it means",
        qr_codes: "QR codes",
        stories_per_month: "Stories a month",
        members: "People in the team",
        trial: "Trial",
        papers: "Papers are verified",
        choose: "Choose",
      },
      unlimited: "unlimited",
      noTrial: "none",
      papersNeeded: "yes",
      papersNotNeeded: "no",
      none: "none",
      approvedTitle: "The request for status B is approved",
      approved: (price) => `Choose a plan of level B, ${price}: the status comes right after the payment.`,
      opening: "Opening YooKassa…",
      provider: "You pay on YooKassa’s page. We neither see nor keep the card number.",
      badAddress:
        "The address of the payment page looks wrong, so we did not send you there. Please write to us.",
    },

    card: {
      title: "Card",
      titleMany: "Cards",
      charged: "will be charged",
      choose: "Charge this one",
      choosing: "Changing…",
      chosen: "This card is charged from now on",
      chosenAndCharged: "This card is charged from now on; what is owed, within the hour",
      removeShort: "Remove",
      none: "No card. It will appear after a card check or a payment.",
      number: (brand, last4) => `${brand}\u00a0··\u00a0${last4}`,
      names: words.en.card,
      expires: (month) => `until ${month}`,
      expired: "expired",
      remove: "Remove the card",
      removeTitle: (card) => `Remove ${card}?`,
      removeText:
        "We will charge nothing to it after that. The permission cannot be restored: the card would have to be added again.",
      removeTrial: (date) =>
        `The trial stays until ${date}. Unless you add another card by then, nothing can be charged, and status 0 is revoked 14 days later.`,
      removeActive: (date) =>
        `What is paid stays: the subscription lasts until ${date}. The next payment will be yours to make, or add another card.`,
      removePastDue: (date) =>
        `There will be no more attempts. The status stays until ${date}: until then you can pay yourself or add another card.`,
      removeEnding: (date) => `The subscription ends on ${date}, as it was cancelled.`,
      removeOther: "We are not charging it at the moment.",
      removing: "Removing…",
      removed: "The card is removed; nothing will be charged",
      removedSpare: (main) => `The card is removed. We charge ${main} as before`,
      removedUnderWay:
        "The card is removed and nothing new will be charged. But one payment went to the bank before that and cannot be called back: if it goes through, it will show in the history below and can be refunded; write to us.",
      replaceHelp: "We check it with ₽1 and return it at once. Later charges go to the new card.",
    },
  },
);
