/** What became of payments: a line of the history, the page one comes back to, and why a bank said no. */
import { declineReasons, type DeclineReason } from "../api/codes";
import { dictionary } from "./dictionary";
import { sentences, words } from "./words";

export const paymentTexts = dictionary(
  {
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
        returnedUsed: "Деньги вернули: испытательный срок с этой картой уже был",
        abandoned: "Оплату не закончили",
        left: "Вы отменили оплату",
        declined: "Отклонено",
        stopped: "Не списывали",
        quarantined: "Проверяем вручную",
        extra: "Лишний платёж, возвращаем",
        judged: "Проверено вручную",
        refunded: "Возвращено",
      },
      retry: (attempt: number) => `попытка\u00a0${attempt}`,
      refund: {
        created: (amount: string) => `Возвращаем ${amount}`,
        pending: (amount: string) => `Возвращаем ${amount}: ждём банк`,
        succeeded: (amount: string, date: string) => `Вернули ${amount} ${date}`,
        canceled: (amount: string) => `Вернуть ${amount} не получилось, разбираемся`,
      },
      refundReason: {
        ...words.ru.returned,
        made_at_yookassa: "возврат сделан в ЮKassa",
      },
      receiptTitle: "Чек",
      receipt: {
        pending: "Чек готовится",
        succeeded: "Чек отправлен",
        canceled: "Чек не зарегистрирован, разбираемся",
      },
      noReceipt: "Без чека",
      fiscal: {
        payment: (date: string) => `Чек пробит ${date}`,
        refund: (date: string) => `Чек возврата пробит ${date}`,
        numbers: (storage: string, document: string, attribute: string) =>
          `ФН\u00a0${storage}, ФД\u00a0${document}, ФПД\u00a0${attribute}`,
      },
      whole: (count: number) => `Показать все: ${count}`,
      documents:
        "Чек об оплате\u00a0— единственный документ, который мы сейчас выдаём. Актов и счетов-фактур здесь нет; нужен закрывающий документ\u00a0— напишите нам.",
    },

    result: {
      title: "Результат оплаты",
      waitingTitle: "Ждём ответа ЮKassa",
      waitingText: "Спрашиваем ЮKassa, прошёл ли платёж. Обычно это занимает несколько секунд.",
      waitingLong:
        "Ответ задерживается. Страницу можно закрыть: мы спросим ещё раз сами, и результат появится в разделе «Оплата».",
      unpaidTitle: "Оплата пока не прошла",
      unpaidText:
        "ЮKassa ещё ждёт её: с карты ничего не списано. Продолжите или отмените. Если вы заплатили только что, ответ появится здесь сам.",
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
      leftTitle: "Вы отменили эту оплату",
      leftText: "С карты ничего не списано. Если деньги всё же придут, мы их сразу вернём.",
      unsavedTitle: "Карта не сохранилась",
      cardTitle: "Карта привязана",
      cardText: (hold: string) => `${hold} возвращаем на карту. Дальше списываем с неё.`,
      cardNext: (amount: string, date: string) => `Следующее списание ${amount}\u00a0— ${date}.`,
      cardCharge: (amount: string) =>
        `Долг ${amount} спишем с неё в течение часа, и подписка продолжится. Платить отдельно не нужно.`,
      cardEnding: (date: string) => `Подписка отменена и закончится ${date}, до тех пор списаний не будет.`,
      changedTitle: "Тариф сменён",
      paidUntil: (date: string) => `Оплачено до ${date}.`,
      extraTitle: "Этот платёж лишний, вернём его",
      extraText: (amount: string, why: string) =>
        `Зачесть его нельзя: ${why}. ${amount} возвращаем на карту, делать ничего не нужно.`,
      unsavedCard: (hold: string) =>
        `${hold} возвращаем. Новая карта не сохранилась, поэтому всё осталось по-прежнему. Попробуйте ещё раз и не снимайте галочку о сохранении карты, или возьмите другую карту.`,
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
    declined: sentences(words.ru.decline),
  },
  {
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
        returnedUsed: "Money returned: this card has had its trials",
        abandoned: "Not finished",
        left: "Cancelled by you",
        declined: "Declined",
        stopped: "Not charged",
        quarantined: "Under manual review",
        extra: "One payment too many, being refunded",
        judged: "Reviewed by hand",
        refunded: "Refunded",
      },
      retry: (attempt) => `attempt ${attempt}`,
      refund: {
        created: (amount) => `Refunding ${amount}`,
        pending: (amount) => `Refunding ${amount}: waiting for the bank`,
        succeeded: (amount, date) => `${amount} refunded on ${date}`,
        canceled: (amount) => `Refunding ${amount} failed; we are looking into it`,
      },
      refundReason: {
        ...words.en.returned,
        made_at_yookassa: "refunded at YooKassa",
      },
      receiptTitle: "Receipt",
      receipt: {
        pending: "Receipt on its way",
        succeeded: "Receipt sent",
        canceled: "Receipt not registered; we are looking into it",
      },
      noReceipt: "No receipt",
      fiscal: {
        payment: (date) => `Receipt registered ${date}`,
        refund: (date) => `Return receipt registered ${date}`,
        numbers: (storage, document, attribute) =>
          `FN\u00a0${storage}, FD\u00a0${document}, FPD\u00a0${attribute}`,
      },
      whole: (count) => `Show all ${count}`,
      documents:
        "The receipt is the only document we give at the moment. There are no acts and invoices here; write to us if you need a closing document.",
    },

    result: {
      title: "Payment result",
      waitingTitle: "Waiting for YooKassa",
      waitingText: "We are asking YooKassa whether the payment went through. It usually takes a few seconds.",
      waitingLong:
        "The answer is taking its time. You may close this page: we will ask again by ourselves, and the result will be under Billing.",
      unpaidTitle: "Not paid yet",
      unpaidText:
        "YooKassa is still waiting for the payment: nothing has been charged. Go on with it or cancel it. If you have just paid, the answer comes here by itself.",
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
      leftTitle: "You cancelled this payment",
      leftText: "Nothing was charged. If the money should come all the same, we return it at once.",
      unsavedTitle: "The card was not saved",
      cardTitle: "The card is added",
      cardText: (hold) => `We are returning ${hold} to the card. From now on we charge this one.`,
      cardNext: (amount, date) => `The next charge of ${amount} is on ${date}.`,
      cardCharge: (amount) =>
        `Within an hour we charge it the ${amount} that is due, and the subscription goes on. No need to pay separately.`,
      cardEnding: (date) =>
        `The subscription is cancelled and ends on ${date}; nothing is charged until then.`,
      changedTitle: "The plan is changed",
      paidUntil: (date) => `Paid until ${date}.`,
      extraTitle: "This payment was one too many; it is being refunded",
      extraText: (amount, why) =>
        `It could not be used: ${why}. We are returning ${amount} to the card; there is nothing to do.`,
      unsavedCard: (hold) =>
        `We are returning ${hold}. The new card was not saved, so everything is as before. Try again and leave the box about saving the card ticked, or use another card.`,
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

    declined: sentences(words.en.decline),
  },
);

export const isDeclineReason = (reason: string): reason is DeclineReason =>
  Object.hasOwn(declineReasons, reason);
