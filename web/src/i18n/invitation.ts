import { dictionary } from "./dictionary";

/** /invitations/:token */
export const invitationTexts = dictionary(
  {
    title: "Приглашение в организацию",
    lead: "Вас зовут работать вместе в кабинете Честно.",
    signedOut:
      "Войдите или зарегистрируйтесь с тем адресом, на который пришло письмо: приглашение действует только для него.",
    signIn: "Войти",
    signUp: "Зарегистрироваться",
    offer: "Что вам предлагают",
    organization: "Организация",
    role: "Ваша роль",
    invitedBy: "Кто зовёт",
    until: "Действует до",
    as: (email: string) => `Вы вошли как ${email}.`,
    accept: "Принять приглашение",
    accepting: "Принимаем…",
    accepted: "Вы в организации",
    otherTitle: "Приглашение не для этого адреса",
    otherText: (email: string) =>
      `Вы вошли как ${email}, а приглашение отправлено на другой адрес, отозвано или заменено новым. Проверьте, на какую почту пришло письмо, и откройте ссылку из самого свежего.`,
    other: "Войти под другим адресом",
    usedTitle: "Приглашение уже использовано",
    usedText: "Оно срабатывает один раз. Если приняли его вы, организация уже есть в вашем кабинете.",
    toDashboard: "Открыть кабинет",
    expiredTitle: "Срок приглашения истёк",
    expiredText: "Приглашение действует 72 часа. Попросите того, кто вас звал, отправить его ещё раз.",
    home: "На главную",
  },
  {
    title: "Invitation to an organization",
    lead: "You are invited to work together in a Chestno dashboard.",
    signedOut:
      "Sign in or sign up with the address the letter came to: the invitation works for that address only.",
    signIn: "Sign in",
    signUp: "Sign up",
    offer: "What you are offered",
    organization: "Organization",
    role: "Your role",
    invitedBy: "Invited by",
    until: "Good until",
    as: (email) => `You are signed in as ${email}.`,
    accept: "Accept the invitation",
    accepting: "Accepting…",
    accepted: "You are in the organization",
    otherTitle: "This invitation is not for this address",
    otherText: (email) =>
      `You are signed in as ${email}, but the invitation went to another address, was revoked, or was replaced by a newer one. See which address the letter came to, and use the link in the latest one.`,
    other: "Use another address",
    usedTitle: "This invitation has been used",
    usedText: "It works once. If it was you who accepted it, the organization is already in your dashboard.",
    toDashboard: "Open the dashboard",
    expiredTitle: "This invitation has expired",
    expiredText: "An invitation is good for 72 hours. Ask the person who invited you to send it again.",
    home: "Home page",
  },
);
