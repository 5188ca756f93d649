/** Money in plain words: what is charged, when, why it did not work, and what happens next. */
import { dictionary, plural } from "./dictionary";

export const billingTexts = dictionary(
  {
    title: "Оплата",
    lead: "Тариф, карта и всё, что мы списывали или собираемся списать.",
    period: { month: "месяц", year: "год" },
    perPeriod: { month: "в месяц", year: "в год" },
    viewer: "Вы видите подписку, но платить и менять карту может владелец или администратор организации.",

    state: {
      title: "Подписка",
      none: "Подписки нет",
      trialing: "Испытательный срок",
      active: "Действует",
      past_due: "Платёж не прошёл",
      canceled: "Закончилась",
      expired: "Закончилась",
      plan: "Тариф",
      trialEnd: "Испытательный срок до",
      paidUntil: "Оплачено до",
      ended: "Закончилась",
      grace: "Статус сохраняется до",
      nextCharge: "Следующее списание",
      firstCharge: "Первое списание",
      charge: (amount: string, date: string) => `${amount}\u00a0— ${date}`,
      fromCard: (card: string) => `с карты ${card}`,
      remind: "Напомним за 3 дня. Чтобы отказаться, удалите карту: после этого ничего не спишем.",
      noCard: "Не будет: карты нет",
      noCardTrial: (date: string) =>
        `Карта удалена. Испытательный срок закончится ${date}, вместе с ним и статус 0.`,
      noCardPaid: (date: string) => `Карты нет, сами мы ничего не спишем. Подписка оплачена до ${date}.`,
      cancelAtEnd: (date: string) => `Подписка закончится ${date}, больше ничего не спишем.`,
      graceText: (date: string) =>
        `Статус сохраняется до ${date}. Оплатите тариф другой картой, и подписка продолжится.`,
      endedText: "Подписка закончилась, уровни сняты. Чтобы вернуть статус, оплатите тариф.",
    },

    waiting: {
      title: "Есть незаконченная оплата",
      text: (what: string, amount: string, when: string) => `${what}, ${amount}. Начата ${when}.`,
      check: "Узнать результат",
    },

    trial: {
      title: (days: number) => `${days} ${plural.ru(days, "день", "дня", "дней")} бесплатно`,
      // Before the charge: the amount, the date, the way out. All three, always.
      promise: (hold: string, amount: string, date: string) =>
        `Проверка карты: спишем ${hold} и сразу вернём. Первый платёж ${amount}\u00a0— ${date}, напомним за 3 дня. Отменить можно в любой момент.`,
      get: "Сразу получите статус 0 и страницу для покупателей.",
      choose: "Тариф после испытательного срока",
      start: (hold: string) => `Проверить карту за ${hold}`,
      consent: "Нажимая кнопку, вы разрешаете сохранить карту и списывать с неё плату по выбранному тарифу.",
    },

    plans: {
      title: "Тарифы",
      payNow: "Оплатить сразу",
      empty: "Тарифов сейчас нет. Зайдите позже.",
      current: "ваш тариф",
      price: (amount: string, period: string) => `${amount} ${period}`,
      saving: (amount: string) => `на ${amount} меньше, чем помесячно`,
      pay: "Оплатить",
      needsVerification: "Доступен после проверки документов.",
      later: "Сменить тариф можно будет, когда закончится оплаченный период.",
      qr: (count: number, written: string) =>
        `${written} ${plural.ru(count, "QR-код", "QR-кода", "QR-кодов")}`,
      qrUnlimited: "QR-коды без ограничений",
      stories: (count: number, written: string) =>
        `${written} ${plural.ru(count, "история", "истории", "историй")} в месяц`,
      storiesUnlimited: "истории без ограничений",
      members: (count: number, written: string) =>
        `${written} ${plural.ru(count, "человек", "человека", "человек")} в команде`,
      membersUnlimited: "команда без ограничений",
      opening: "Открываем ЮKassa…",
      provider: "Платёж проходит на странице ЮKassa. Номер карты мы не видим и не храним.",
      badAddress:
        "Адрес страницы оплаты выглядит неправильно, поэтому мы вас туда не отправили. Напишите нам.",
    },

    card: {
      title: "Карта",
      titleMany: "Карты",
      charged: "для списаний",
      removeShort: "Удалить",
      none: "Карты нет. Она появится после проверки или оплаты.",
      number: (brand: string, last4: string) => `${brand}\u00a0··\u00a0${last4}`,
      unknownBrand: "Карта",
      expires: (month: string) => `до ${month}`,
      expired: "срок истёк",
      remove: "Удалить карту",
      removeTitle: (card: string) => `Удалить карту ${card}?`,
      removeText:
        "После этого мы ничего с неё не спишем, и разрешение нельзя будет вернуть: карту придётся привязать заново.",
      removeTrial: (date: string) => `Испытательный срок останется до ${date}, затем статус 0 будет снят.`,
      removeActive: (date: string) => `Оплаченное остаётся: подписка действует до ${date}.`,
      removing: "Удаляем…",
      removed: "Карта удалена, списаний не будет",
    },

    history: {
      title: "Платежи",
      empty: "Здесь будет каждый платёж и каждая попытка: сумма, дата, чем закончилось.",
      date: "Дата",
      what: "За что",
      amount: "Сумма",
      result: "Результат",
      kind: {
        trial_hold: "Проверка карты",
        first_payment: "Первый платёж",
        renewal: "Продление",
        plan_change: "Смена тарифа",
        card_check: "Проверка новой карты",
      },
      forPlan: (plan: string) => `тариф «${plan}»`,
      state: {
        created: "Готовим платёж",
        pending: "Ждём оплаты",
        holding: "Удержано, возвращаем",
        captured: "Удержано, ждём списания",
        succeeded: "Оплачено",
        returned: "Карта проверена, деньги вернули",
        returnedUnsaved: "Деньги вернули: карта не сохранилась",
        abandoned: "Оплату не закончили",
        declined: "Отклонено",
        quarantined: "Проверяем вручную",
      },
      refunded: (amount: string) => `возвращено ${amount}`,
    },

    result: {
      title: "Результат оплаты",
      waitingTitle: "Ждём ответа ЮKassa",
      waitingText: "Спрашиваем ЮKassa, прошёл ли платёж. Обычно это занимает несколько секунд.",
      waitingLong:
        "Ответ задерживается. Страницу можно закрыть: мы спросим ещё раз сами, и результат появится в разделе «Оплата».",
      waitingUnpaid: "Если вы не закончили оплату, вернитесь к ней: с карты пока ничего не списано.",
      backToPayment: "Вернуться на страницу оплаты",
      waited: (seconds: number) => `Ждём ${seconds} с`,
      trialTitle: "Карта проверена",
      trialText: (hold: string) => `${hold} возвращаем на карту. Испытательный срок начался, у вас статус 0.`,
      trialOver: (hold: string) => `${hold} вернули. Испытательный срок уже позади.`,
      trialNext: (amount: string, date: string) =>
        `Первый платёж ${amount}\u00a0— ${date}. Напомним за 3 дня.`,
      paidTitle: "Оплата прошла",
      paidText: (amount: string, level: string, name: string) =>
        `Получили ${amount}. У вас статус ${level}\u00a0— «${name}».`,
      paidAmount: (amount: string) => `Получили ${amount}.`,
      declinedTitle: "Платёж не прошёл",
      nothingCharged: "С карты ничего не списано.",
      abandonedTitle: "Оплата не закончена",
      abandonedText: "Вы не подтвердили платёж за час, и ЮKassa его отменила. С карты ничего не списано.",
      unsavedTitle: "Карта не сохранилась",
      unsavedText: (hold: string) =>
        `${hold} возвращаем. Испытательный срок не начался: без сохранённой карты его не начать. Попробуйте ещё раз и не снимайте галочку о сохранении карты, или возьмите другую карту.`,
      quarantinedTitle: "Платёж проверяет человек",
      quarantinedText:
        "Данные платежа не совпали с тем, что мы ожидали. Деньги не потеряны: разберёмся вручную и напишем вам. Платить ещё раз не нужно.",
      brokenTitle: "Пока не удалось узнать результат",
      brokenText: "Это не значит, что платёж не прошёл. Мы спросим ещё раз, платить заново не нужно.",
      notFoundTitle: "Такого платежа нет",
      notFoundText: "В адресе нет номера платежа, или у вас нет к нему доступа.",
      again: "Попробовать ещё раз",
      toBilling: "К оплате и тарифам",
      toStatus: "Посмотреть статус",
      toDashboard: "В кабинет",
    },

    /** Why ЮKassa or a bank said no, and what helps. https://yookassa.ru/developers/payment-acceptance/after-the-payment/declined-payments */
    declined: {
      "3d_secure_failed": [
        "Не пройдена проверка 3-D Secure.",
        "Попробуйте ещё раз и введите код из сообщения банка.",
      ],
      call_issuer: [
        "Банк отклонил платёж и не назвал причину.",
        "Позвоните в банк или возьмите другую карту.",
      ],
      canceled_by_merchant: ["Мы отменили этот платёж.", "Деньги вернутся на карту."],
      card_expired: ["Срок действия карты истёк.", "Возьмите другую карту."],
      country_forbidden: ["Картой, выпущенной в этой стране, заплатить нельзя.", "Возьмите другую карту."],
      expired_on_capture: [
        "Мы не успели подтвердить списание, деньги вернулись на карту.",
        "Попробуйте ещё раз.",
      ],
      expired_on_confirmation: ["Оплату не закончили за час.", "Начните заново."],
      fraud_suspected: [
        "Платёж заблокирован: похоже на мошенничество.",
        "Свяжитесь с банком или возьмите другую карту.",
      ],
      general_decline: [
        "Банк отклонил платёж без объяснений.",
        "Возьмите другую карту или спросите в банке.",
      ],
      identification_required: [
        "Превышен лимит кошелька ЮMoney.",
        "Пройдите идентификацию в ЮMoney или возьмите карту.",
      ],
      insufficient_funds: ["На карте недостаточно средств.", "Пополните карту или возьмите другую."],
      internal_timeout: ["ЮKassa не успела провести платёж.", "Попробуйте ещё раз через несколько минут."],
      invalid_card_number: ["Номер карты введён с ошибкой.", "Проверьте номер и попробуйте ещё раз."],
      invalid_csc: ["Код с обратной стороны карты не подошёл.", "Проверьте три цифры и попробуйте ещё раз."],
      issuer_unavailable: [
        "Банк, выпустивший карту, не отвечает.",
        "Попробуйте позже или возьмите другую карту.",
      ],
      payment_method_limit_exceeded: [
        "Превышен лимит платежей по карте.",
        "Попробуйте завтра или возьмите другую карту.",
      ],
      payment_method_restricted: ["Банк запретил платежи этой картой.", "Возьмите другую карту."],
      permission_revoked: ["Разрешение на списания отозвано.", "Привяжите карту заново."],
      rejected_by_timeout: ["Банк не ответил вовремя.", "Попробуйте ещё раз через несколько минут."],
      unsupported_mobile_operator: ["Этот оператор связи не поддерживается.", "Возьмите карту."],
      refused: ["ЮKassa не приняла запрос на оплату.", "Попробуйте позже; если не поможет, напишите нам."],
      other: ["Платёж отклонён.", "Попробуйте ещё раз или возьмите другую карту."],
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
      title: "Subscription",
      none: "No subscription",
      trialing: "Trial",
      active: "Active",
      past_due: "Payment failed",
      canceled: "Over",
      expired: "Over",
      plan: "Plan",
      trialEnd: "Trial until",
      paidUntil: "Paid until",
      ended: "Ended on",
      grace: "Status stays until",
      nextCharge: "Next charge",
      firstCharge: "First charge",
      charge: (amount, date) => `${amount} on ${date}`,
      fromCard: (card) => `from ${card}`,
      remind: "We will remind you 3 days before. To opt out, remove the card: nothing is charged after that.",
      noCard: "None: there is no card",
      noCardTrial: (date) => `The card is removed. The trial ends on ${date}, and status 0 with it.`,
      noCardPaid: (date) =>
        `There is no card, so we will charge nothing. The subscription is paid until ${date}.`,
      cancelAtEnd: (date) => `The subscription ends on ${date}; nothing more will be charged.`,
      graceText: (date) =>
        `The status stays until ${date}. Pay with another card and the subscription goes on.`,
      endedText: "The subscription is over and the levels are gone. Pay for a plan to get the status back.",
    },

    waiting: {
      title: "A payment is not finished",
      text: (what, amount, when) => `${what}, ${amount}. Started ${when}.`,
      check: "See the result",
    },

    trial: {
      title: (days) => `${days} ${plural.en(days, "day", "days")} free`,
      promise: (hold, amount, date) =>
        `Card check: we charge ${hold} and return it at once. The first payment of ${amount} is on ${date}; we remind you 3 days before. Cancel at any time.`,
      get: "You get status 0 and a page for buyers at once.",
      choose: "Plan after the trial",
      start: (hold) => `Check the card for ${hold}`,
      consent: "By pressing the button you allow us to save the card and charge it for the chosen plan.",
    },

    plans: {
      title: "Plans",
      payNow: "Pay straight away",
      empty: "There are no plans at the moment. Come back later.",
      current: "your plan",
      price: (amount, period) => `${amount} ${period}`,
      saving: (amount) => `${amount} less than month by month`,
      pay: "Pay",
      needsVerification: "Opens after your documents are verified.",
      later: "You can change the plan when the paid period ends.",
      qr: (count, written) => `${written} ${plural.en(count, "QR code", "QR codes")}`,
      qrUnlimited: "unlimited QR codes",
      stories: (count, written) => `${written} ${plural.en(count, "story", "stories")} a month`,
      storiesUnlimited: "unlimited stories",
      members: (count, written) => `${written} ${plural.en(count, "person", "people")} in the team`,
      membersUnlimited: "unlimited team",
      opening: "Opening YooKassa…",
      provider: "You pay on YooKassa’s page. We neither see nor keep the card number.",
      badAddress:
        "The address of the payment page looks wrong, so we did not send you there. Please write to us.",
    },

    card: {
      title: "Card",
      titleMany: "Cards",
      charged: "will be charged",
      removeShort: "Remove",
      none: "No card. It will appear after a card check or a payment.",
      number: (brand, last4) => `${brand}\u00a0··\u00a0${last4}`,
      unknownBrand: "Card",
      expires: (month) => `until ${month}`,
      expired: "expired",
      remove: "Remove the card",
      removeTitle: (card) => `Remove ${card}?`,
      removeText:
        "We will charge nothing to it after that. The permission cannot be restored: the card would have to be added again.",
      removeTrial: (date) => `The trial stays until ${date}; then status 0 is revoked.`,
      removeActive: (date) => `What is paid stays: the subscription lasts until ${date}.`,
      removing: "Removing…",
      removed: "The card is removed; nothing will be charged",
    },

    history: {
      title: "Payments",
      empty: "Every payment and every attempt will be here: amount, date, and how it ended.",
      date: "Date",
      what: "For",
      amount: "Amount",
      result: "Result",
      kind: {
        trial_hold: "Card check",
        first_payment: "First payment",
        renewal: "Renewal",
        plan_change: "Change of plan",
        card_check: "Check of a new card",
      },
      forPlan: (plan) => `plan “${plan}”`,
      state: {
        created: "Being prepared",
        pending: "Waiting for payment",
        holding: "Held, being returned",
        captured: "Held, waiting for capture",
        succeeded: "Paid",
        returned: "Card checked, money returned",
        returnedUnsaved: "Money returned: the card was not saved",
        abandoned: "Not finished",
        declined: "Declined",
        quarantined: "Under manual review",
      },
      refunded: (amount) => `${amount} refunded`,
    },

    result: {
      title: "Payment result",
      waitingTitle: "Waiting for YooKassa",
      waitingText: "We are asking YooKassa whether the payment went through. It usually takes a few seconds.",
      waitingLong:
        "The answer is taking its time. You may close this page: we will ask again by ourselves, and the result will be under Billing.",
      waitingUnpaid: "If you have not finished paying, go back to it: nothing has been charged yet.",
      backToPayment: "Back to the payment page",
      waited: (seconds) => `Waiting for ${seconds} s`,
      trialTitle: "The card is checked",
      trialText: (hold) => `We are returning ${hold} to the card. The trial has begun and you have status 0.`,
      trialOver: (hold) => `${hold} has been returned. The trial is already behind you.`,
      trialNext: (amount, date) =>
        `The first payment of ${amount} is on ${date}. We remind you 3 days before.`,
      paidTitle: "Payment received",
      paidText: (amount, level, name) => `We received ${amount}. You have status ${level}: ${name}.`,
      paidAmount: (amount) => `We received ${amount}.`,
      declinedTitle: "The payment did not go through",
      nothingCharged: "Nothing has been charged.",
      abandonedTitle: "The payment was not finished",
      abandonedText:
        "You did not confirm the payment within an hour, so YooKassa cancelled it. Nothing has been charged.",
      unsavedTitle: "The card was not saved",
      unsavedText: (hold) =>
        `We are returning ${hold}. The trial has not begun: it needs a saved card. Try again and leave the box about saving the card ticked, or use another card.`,
      quarantinedTitle: "A person is checking this payment",
      quarantinedText:
        "The payment did not match what we expected. The money is not lost: we will sort it out by hand and write to you. Do not pay again.",
      brokenTitle: "We could not learn the result yet",
      brokenText: "This does not mean the payment failed. We will ask again; there is no need to pay twice.",
      notFoundTitle: "No such payment",
      notFoundText: "The address carries no payment number, or you have no access to it.",
      again: "Try again",
      toBilling: "To billing and plans",
      toStatus: "See the status",
      toDashboard: "To the dashboard",
    },

    declined: {
      "3d_secure_failed": [
        "The 3-D Secure check was not passed.",
        "Try again and enter the code your bank sends.",
      ],
      call_issuer: [
        "The bank declined the payment and gave no reason.",
        "Call the bank or use another card.",
      ],
      canceled_by_merchant: ["We cancelled this payment.", "The money returns to the card."],
      card_expired: ["The card has expired.", "Use another card."],
      country_forbidden: ["Cards issued in this country are not accepted.", "Use another card."],
      expired_on_capture: [
        "We did not capture the payment in time; the money is back on the card.",
        "Try again.",
      ],
      expired_on_confirmation: ["The payment was not finished within an hour.", "Start again."],
      fraud_suspected: [
        "The payment was blocked on suspicion of fraud.",
        "Contact the bank or use another card.",
      ],
      general_decline: [
        "The bank declined the payment without explanation.",
        "Use another card or ask the bank.",
      ],
      identification_required: [
        "The limit of the YooMoney wallet is exceeded.",
        "Get identified in YooMoney or use a card.",
      ],
      insufficient_funds: ["Insufficient funds on the card.", "Top up the card or use another one."],
      internal_timeout: ["YooKassa could not process the payment in time.", "Try again in a few minutes."],
      invalid_card_number: ["The card number has a mistake in it.", "Check the number and try again."],
      invalid_csc: ["The security code did not match.", "Check the three digits and try again."],
      issuer_unavailable: [
        "The bank that issued the card is not answering.",
        "Try later or use another card.",
      ],
      payment_method_limit_exceeded: ["The card’s limit is exceeded.", "Try tomorrow or use another card."],
      payment_method_restricted: ["The bank has blocked payments with this card.", "Use another card."],
      permission_revoked: ["The permission to charge was revoked.", "Add the card again."],
      rejected_by_timeout: ["The bank did not answer in time.", "Try again in a few minutes."],
      unsupported_mobile_operator: ["This mobile operator is not supported.", "Use a card."],
      refused: [
        "YooKassa did not accept the payment request.",
        "Try later; if that does not help, write to us.",
      ],
      other: ["The payment was declined.", "Try again or use another card."],
    },
  },
);

export type DeclineReason = keyof typeof billingTexts.ru.declined;

export const isDeclineReason = (reason: string): reason is DeclineReason =>
  reason in billingTexts.ru.declined;
