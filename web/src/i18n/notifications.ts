/**
 * What a person is told, from a notification's kind and data. A kind or a reason that came after this build is
 * told in general words. The same kinds go out by e-mail (functions/mail/templates).
 */
import { isDeclineReason, paymentTexts } from "./payments";
import { dictionary, plural } from "./dictionary";
import type { Formats } from "./format";
import type { Language } from "./locale";
import { statusTexts } from "./status";
import { closed, words } from "./words";

export const notificationTexts = dictionary(
  {
    title: "Уведомления",
    lead: "Что изменилось в ваших организациях.",
    unread: "Непрочитано",
    empty: "Уведомлений пока нет",
    emptyText:
      "Здесь появится всё, что важно знать: статусы, платежи, решения по заявкам. То же придёт на почту.",
    readAll: "Отметить прочитанными",
    readingAll: "Отмечаем…",
    more: "Показать более ранние",
    loadingMore: "Загружаем…",
    all: "Все уведомления",
    settings: "Настроить",

    settingsTitle: "О чём сообщать",
    settingsLead: "В кабинете и письмом. Письмо приходит на адрес, с которым вы входите.",
    kindColumn: "Событие",
    inApp: "В кабинете",
    byEmail: "Письмом",
    inAppFor: (kind: string) => `${kind}: в кабинете`,
    byEmailFor: (kind: string) => `${kind}: письмом`,
    choose: "Можно выключить",
    always: "Всегда включены",
    alwaysWhy:
      "О деньгах и потере статуса сообщаем всегда: иначе с карты могут списать или статус снять, а вы не узнаете.",
    saved: "Сохранено",

    kindName: words.ru.kind,
    kindHelp: {
      status_granted: "Новый уровень виден покупателям.",
      status_expiring: "За 60, 30, 7 дней и за день.",
      payment_succeeded: "Сумма и до какого дня оплачено.",
      story_approved: "История видна покупателям.",
      story_rejected: "С причиной и комментарием.",
    },

    told: {
      granted: (level: string, name: string) => `Получен статус ${level}\u00a0— «${name}»`,
      until: (date: string) => `Действует до ${date}.`,
      visible: "Покупатели его уже видят.",
      revoked: (level: string) => `Статус ${level} снят`,
      expired: (level: string) => `Срок статуса ${level} истёк`,
      why: (reason: string) => `Причина: ${reason}`,
      expiring: (level: string, days: number) =>
        days < 0
          ? `Срок статуса ${level} закончился`
          : days === 0
            ? `Статус ${level} заканчивается сегодня`
            : `До конца статуса ${level} ${plural.ru(days, "остался", "осталось", "осталось")} ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}`,
      requestApproved: "Заявка на статус B одобрена",
      moreAsked: "По заявке на статус B нужны ещё документы",
      claimReceived: (inn: string) => `На ИНН ${inn} заявил права другой человек`,
      claimReceivedText: "Мы проверим его документы. Если организация ваша, напишите нам и приложите свои.",
      claimUpheldToUs: (inn: string) => `ИНН ${inn} принадлежит другому: заявление подтвердилось`,
      claimUpheldToUsText: "Статусы и подписка закончились, деньги за неиспользованные дни возвращаем.",
      claimRejectedToUs: (inn: string) => `Заявление на ИНН ${inn} отклонено, организация остаётся вашей`,
      claimHandedOver: (organization: string) => `Организация «${organization}» теперь ваша`,
      claimFreed: (inn: string) =>
        `ИНН ${inn} свободен: в течение 30 дней организацию с ним создадите только вы`,
      claimRejected: (inn: string) => `Заявление на ИНН ${inn} отклонено`,
      releaseComing: (organization: string, date: string) =>
        `${date} освободятся адрес и ИНН организации «${organization}»`,
      releaseComingText:
        "У неё ещё не было статуса. Начните испытательный срок или оплатите подписку, и всё останется.",
      supportAnswered: (number: number) => `Ответ на обращение № ${number}`,
      reportOutcome: {
        upheld: "Жалоба подтвердилась",
        not_upheld: "Жалоба не подтвердилась",
        duplicate: "Об этом нам уже сообщили",
      },
      reportPublished: "Решение видно на странице организации.",
      reportPublishedToUs: (organization: string) =>
        `На странице организации «${organization}» опубликовано подтверждённое нарушение`,
      reportPublishedToUsText: "Если это ошибка, напишите нам.",
      reportUnpublished: (organization: string) =>
        `Нарушение больше не показано на странице организации «${organization}»`,
      nameApproved: (name: string) => `Новое название одобрено: «${name}»`,
      nameRejected: (name: string) => `Новое название не одобрено: «${name}»`,
      approvedTerm: (date: string) => `Статус B действует до ${date}.`,
      approvedPlan: "Выберите тариф уровня B, и статус появится сразу после оплаты.",
      requestRejected: "Заявка на статус B отклонена",
      comment: (text: string) => `Комментарий: ${text}`,
      trialEnding: (days: number) =>
        days < 0
          ? "Испытательный срок закончился"
          : days === 0
            ? "Испытательный срок заканчивается сегодня"
            : `Испытательный срок закончится через ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}`,
      willBeCharged: (amount: string, date: string) => `Спишем ${amount} ${date}.`,
      willNotBeCharged: (date: string) => `Карты нет, списания не будет. Доступ закончится ${date}.`,
      periodEnding: (days: number) =>
        days < 0
          ? "Оплаченный период закончился"
          : days === 0
            ? "Подписка заканчивается сегодня"
            : `Подписка закончится через ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}`,
      renewalComing: (days: number) =>
        days < 0
          ? "Оплаченный период закончился"
          : days === 0
            ? "Сегодня продлим подписку"
            : `Через ${days}\u00a0${plural.ru(days, "день", "дня", "дней")} продлим подписку`,
      paid: (amount: string) => `Платёж ${amount} прошёл`,
      paidUntil: (plan: string, date: string) => `${plan}. Оплачено до ${date}.`,
      priceChanging: (to: string) => `Цена тарифа изменится: ${to}`,
      priceChangingText: (from: string, date: string) =>
        `Сейчас ${from}. Новую цену спишем за первый период, который начнётся ${date} или позже.`,
      returned: (amount: string) => `Возвращаем ${amount}`,
      returnedWhy: (why: string) => `Платёж не понадобился: ${why}. Делать ничего не нужно.`,
      paymentFailed: "Платёж не прошёл",
      noCard: "Карты для списания нет.",
      graceStarted: "Платёж не прошёл, началась отсрочка",
      keptUntil: (date: string) => `Статус сохраняется до ${date}.`,
      nextTry: (date: string) => `Попробуем ещё раз ${date}.`,
      noNextTry: "Привяжите другую карту: с этой больше пробовать не будем.",
      graceEnding: (days: number) =>
        days < 0
          ? "Отсрочка закончилась"
          : days === 0
            ? "Отсрочка заканчивается сегодня"
            : `До конца отсрочки ${days}\u00a0${plural.ru(days, "день", "дня", "дней")}`,
      payBefore: (date: string) => `Оплатите до ${date}, иначе статус снимем.`,
      storyApproved: (title: string) => `История «${title}» опубликована`,
      storyRejected: (title: string) => `История «${title}» не прошла проверку`,
      storyReason: closed(words.ru.rejection),
      invited: (organization: string) => `Вас пригласили в организацию «${organization}»`,
      invitedText: "Ссылка в письме действует 72 часа.",
      unknown: "Новое уведомление",
    },
  },
  {
    title: "Notifications",
    lead: "What has changed in your organizations.",
    unread: "Unread",
    empty: "No notifications yet",
    emptyText: "All that matters will appear here: statuses, payments, decisions. The same comes by e-mail.",
    readAll: "Mark all as read",
    readingAll: "Marking…",
    more: "Show earlier ones",
    loadingMore: "Loading…",
    all: "All notifications",
    settings: "Settings",

    settingsTitle: "What to tell you",
    settingsLead: "In the dashboard and by e-mail, at the address you sign in with.",
    kindColumn: "Event",
    inApp: "In the dashboard",
    byEmail: "By e-mail",
    inAppFor: (kind) => `${kind}: in the dashboard`,
    byEmailFor: (kind) => `${kind}: by e-mail`,
    choose: "Up to you",
    always: "Always on",
    alwaysWhy:
      "You always hear about money and lost status: otherwise a card could be charged or a status lost without your knowing.",
    saved: "Saved",

    kindName: words.en.kind,
    kindHelp: {
      status_granted: "Buyers can see a new level.",
      status_expiring: "60, 30 and 7 days ahead, and the day before.",
      payment_succeeded: "The amount and until when it is paid.",
      story_approved: "Buyers can see the story.",
      story_rejected: "With the reason and a comment.",
    },

    told: {
      granted: (level, name) => `Status ${level} granted: ${name}`,
      until: (date) => `Held until ${date}.`,
      visible: "Buyers can see it already.",
      revoked: (level) => `Status ${level} revoked`,
      expired: (level) => `Status ${level} expired`,
      why: (reason) => `Reason: ${reason}`,
      expiring: (level, days) =>
        days < 0
          ? `The term of status ${level} is over`
          : days === 0
            ? `Status ${level} ends today`
            : `Status ${level}: ${days} ${plural.en(days, "day", "days")} left`,
      requestApproved: "Your request for status B is approved",
      moreAsked: "Your request for status B needs more papers",
      claimReceived: (inn) => `Somebody else claims INN ${inn}`,
      claimReceivedText:
        "We are going to check their papers. If the organization is yours, write to us with your own.",
      claimUpheldToUs: (inn) => `INN ${inn} is somebody else’s: the claim was upheld`,
      claimUpheldToUsText: "The statuses and the subscription have ended; unused days are refunded.",
      claimRejectedToUs: (inn) => `The claim to INN ${inn} was rejected; the organization stays yours`,
      claimHandedOver: (organization) => `${organization} is yours now`,
      claimFreed: (inn) => `INN ${inn} is free: for 30 days only you can create an organization with it`,
      claimRejected: (inn) => `Your claim to INN ${inn} was rejected`,
      releaseComing: (organization, date) =>
        `The address and the INN of ${organization} are released on ${date}`,
      releaseComingText: "It has not held a status yet. Start the trial or subscribe, and everything stays.",
      supportAnswered: (number) => `Answer to your message no. ${number}`,
      reportOutcome: {
        upheld: "Your report was upheld",
        not_upheld: "Your report was not upheld",
        duplicate: "We had been told of this already",
      },
      reportPublished: "The decision is shown on the organization’s page.",
      reportPublishedToUs: (organization) => `A violation is published on the page of ${organization}`,
      reportPublishedToUsText: "If this is a mistake, write to us.",
      reportUnpublished: (organization) => `A violation is not shown any more on the page of ${organization}`,
      nameApproved: (name) => `The new name is approved: ${name}`,
      nameRejected: (name) => `The new name is not approved: ${name}`,
      approvedTerm: (date) => `Status B is held until ${date}.`,
      approvedPlan: "Choose a plan of level B, and the status comes right after the payment.",
      requestRejected: "Your request for status B is declined",
      comment: (text) => `Comment: ${text}`,
      trialEnding: (days) =>
        days < 0
          ? "Your trial is over"
          : days === 0
            ? "Your trial ends today"
            : `Your trial ends in ${days} ${plural.en(days, "day", "days")}`,
      willBeCharged: (amount, date) => `We will charge ${amount} on ${date}.`,
      willNotBeCharged: (date) => `There is no card, so nothing will be charged. Access ends on ${date}.`,
      periodEnding: (days) =>
        days < 0
          ? "The paid period is over"
          : days === 0
            ? "Your subscription ends today"
            : `Your subscription ends in ${days} ${plural.en(days, "day", "days")}`,
      renewalComing: (days) =>
        days < 0
          ? "The paid period is over"
          : days === 0
            ? "Your subscription renews today"
            : `Your subscription renews in ${days} ${plural.en(days, "day", "days")}`,
      paid: (amount) => `Payment of ${amount} succeeded`,
      paidUntil: (plan, date) => `${plan}. Paid until ${date}.`,
      priceChanging: (to) => `The plan will cost ${to}`,
      priceChangingText: (from, date) =>
        `It costs ${from} now. The new price is charged for the first period that begins on ${date} or later.`,
      returned: (amount) => `${amount} is on its way back`,
      returnedWhy: (why) => `The payment was not needed: ${why}. There is nothing to do.`,
      paymentFailed: "A payment failed",
      noCard: "There is no card to charge.",
      graceStarted: "A payment failed; the grace period has begun",
      keptUntil: (date) => `The status stays until ${date}.`,
      nextTry: (date) => `We will try again on ${date}.`,
      noNextTry: "Add another card: we will not try this one again.",
      graceEnding: (days) =>
        days < 0
          ? "The grace period is over"
          : days === 0
            ? "The grace period ends today"
            : `The grace period ends in ${days} ${plural.en(days, "day", "days")}`,
      payBefore: (date) => `Pay before ${date}, or the status will be revoked.`,
      storyApproved: (title) => `“${title}” is published`,
      storyRejected: (title) => `“${title}” was not accepted`,
      storyReason: closed(words.en.rejection),
      invited: (organization) => `You are invited to ${organization}`,
      invitedText: "The link in the e-mail is good for 72 hours.",
      unknown: "A new notification",
    },
  },
);

export type Told = { title: string; text: string; to: string | undefined };

type Data = Readonly<Record<string, unknown>>;

/** The words of one notification, and the page it leads to. */
export function tell(
  { kind, data }: { kind: string; data: Data },
  language: Language,
  { date, money }: Formats,
  /** Calendar days from today, where the reader reads it: a notification may be read a week late. */
  daysUntil: (at: string) => number,
): Told {
  const t = notificationTexts[language].told;
  const status = statusTexts[language];
  const text = (name: string) => (typeof data[name] === "string" ? data[name] : "");
  const day = (name: string) => (text(name) ? date(text(name)) : "");
  const days = (name: string) => (text(name) ? daysUntil(text(name)) : 0);
  const level = text("level");
  const here = (path: string) => `${path}?organization=${encodeURIComponent(text("slug"))}`;
  const [statusPage, billing] = [here("/dashboard/organization/status"), here("/dashboard/billing")];
  const why = (known: Partial<Record<string, string>>) => {
    const reason = text("reason");
    const words = known[reason] ?? (/^[a-z_0-9]+$/.test(reason) ? "" : reason);
    return words ? t.why(words) : "";
  };
  const plan = () => {
    const title = data.plan as Partial<Record<Language, string>> | undefined;
    return title?.[language] ?? "";
  };
  const amount = () => (text("amount") ? money(text("amount"), text("currency") || "RUB") : "");
  const sentences = (...parts: string[]) => parts.filter(Boolean).join(" ");
  const charge = () =>
    data.will_be_charged === false
      ? t.willNotBeCharged(day("due_at"))
      : sentences(plan() && `${plan()}.`, t.willBeCharged(amount(), day("due_at")));

  switch (kind) {
    case "status_granted":
      return {
        title: t.granted(level, status.name[level as keyof typeof status.name]),
        text: text("valid_until") ? t.until(day("valid_until")) : t.visible,
        to: statusPage,
      };
    case "status_revoked":
      return {
        title: data.action === "expired" ? t.expired(level) : t.revoked(level),
        text: why(status.reason),
        to: statusPage,
      };
    case "status_expiring":
      return {
        title: t.expiring(level, days("valid_until")),
        text: t.until(day("valid_until")),
        to: statusPage,
      };
    case "request_reviewed": {
      const isApproved = data.decision === "approved";
      return {
        title: isApproved
          ? t.requestApproved
          : data.decision === "more_asked"
            ? t.moreAsked
            : t.requestRejected,
        text: sentences(
          isApproved ? (text("valid_until") ? t.approvedTerm(day("valid_until")) : t.approvedPlan) : "",
          text("comment") && t.comment(text("comment")),
        ),
        to: statusPage,
      };
    }
    case "claim_received":
      return { title: t.claimReceived(text("inn")), text: t.claimReceivedText, to: "/support" };
    case "claim_reviewed": {
      const isOurs = data.side === "organization";
      const isUpheld = data.decision === "approved";
      const title = isOurs
        ? (isUpheld ? t.claimUpheldToUs : t.claimRejectedToUs)(text("inn"))
        : !isUpheld
          ? t.claimRejected(text("inn"))
          : data.outcome === "handed_over"
            ? t.claimHandedOver(text("organization"))
            : t.claimFreed(text("inn"));
      return {
        title,
        text: sentences(
          isOurs && isUpheld ? t.claimUpheldToUsText : "",
          text("comment") && t.comment(text("comment")),
        ),
        to: isOurs ? undefined : "/dashboard/organizations/claim",
      };
    }
    case "release_coming":
      return {
        title: t.releaseComing(text("organization"), day("at")),
        text: t.releaseComingText,
        to: here("/dashboard/billing"),
      };
    case "support_answered":
      return { title: t.supportAnswered(Number(data.number)), text: text("answer"), to: "/support" };
    case "report_reviewed": {
      if (data.side === "organization" && data.is_published === false) {
        return {
          title: t.reportUnpublished(text("organization")),
          text: t.comment(text("comment")),
          to: `/organizations/${text("slug")}`,
        };
      }
      if (data.side === "organization") {
        return {
          title: t.reportPublishedToUs(text("organization")),
          text: t.reportPublishedToUsText,
          to: "/support",
        };
      }
      const known: Partial<Record<string, string>> = t.reportOutcome;
      return {
        title: known[text("outcome")] ?? t.unknown,
        text: sentences(
          data.is_published === true ? t.reportPublished : "",
          text("comment") && t.comment(text("comment")),
        ),
        to: text("slug") ? `/organizations/${text("slug")}` : undefined,
      };
    }
    case "name_reviewed":
      return {
        title: (data.decision === "approved" ? t.nameApproved : t.nameRejected)(text("name")),
        text: sentences(text("comment") && t.comment(text("comment"))),
        to: here("/dashboard/organization"),
      };
    case "trial_ending":
      return { title: t.trialEnding(days("due_at")), text: charge(), to: billing };
    case "renewal_coming":
      return {
        title:
          data.will_be_charged === false ? t.periodEnding(days("due_at")) : t.renewalComing(days("due_at")),
        text: charge(),
        to: billing,
      };
    case "payment_succeeded":
      return {
        title: t.paid(amount()),
        text: text("period_end") ? t.paidUntil(plan(), day("period_end")) : plan(),
        to: billing,
      };
    case "payment_failed":
    case "grace_started": {
      const reason = text("reason");
      const [what] = isDeclineReason(reason) ? paymentTexts[language].declined[reason] : [];
      return {
        title: kind === "grace_started" ? t.graceStarted : t.paymentFailed,
        text: sentences(
          what ?? (reason === "no_payment_method" ? t.noCard : ""),
          text("grace_until") && t.keptUntil(day("grace_until")),
          text("next_charge_at") ? t.nextTry(day("next_charge_at")) : what ? t.noNextTry : "",
        ),
        to: billing,
      };
    }
    case "price_changing": {
      const sum = (name: string) => money(text(name), text("currency") || "RUB");
      return {
        title: t.priceChanging(sum("to")),
        text: t.priceChangingText(sum("from"), day("applies_from")),
        to: billing,
      };
    }
    case "payment_returned": {
      const known: Partial<Record<string, string>> = words[language].returned;
      return {
        title: t.returned(amount()),
        text: t.returnedWhy(known[text("reason")] ?? text("reason")),
        to: billing,
      };
    }
    case "grace_ending":
      return { title: t.graceEnding(days("due_at")), text: t.payBefore(day("due_at")), to: billing };
    case "story_approved":
      return { title: t.storyApproved(text("title")), text: "", to: undefined };
    case "story_rejected": {
      const reason = t.storyReason[text("code") as keyof typeof t.storyReason] as string | undefined;
      return {
        title: t.storyRejected(text("title")),
        text: sentences(reason ? t.why(reason) : "", text("comment") && t.comment(text("comment"))),
        to: undefined,
      };
    }
    case "invitation":
      return { title: t.invited(text("organization")), text: t.invitedText, to: undefined };
    default:
      return { title: t.unknown, text: "", to: text("slug") ? here("/dashboard") : undefined };
  }
}
