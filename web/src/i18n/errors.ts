import type { ErrorCode } from "../api/errors";
import { dictionary } from "./dictionary";

/** A sentence for each code: what happened, then what to do. */
export const errorTexts = dictionary(
  {
    sign_in_required:
      "Сеанс закончился, и это действие не выполнено. Введённое сохранено: войдите и повторите.",
    subscription_required: "Для этого нужна действующая подписка.",
    plan_limit_reached: "Лимит тарифа исчерпан. Перейдите на тариф выше или удалите лишнее.",
    not_allowed: "У вас нет прав на это действие. Попросите владельца или администратора организации.",
    address_not_allowed: "С этого адреса обращаться нельзя.",
    not_found: "Такой страницы или записи нет, либо у вас нет к ней доступа.",
    trial_already_used:
      "Испытательный срок у этой организации или ИНН уже был. Можно сразу оплатить подписку.",
    subscription_exists: "Подписка уже действует. Вторую оформлять не нужно.",
    verification_required: "Этот тариф доступен после проверки. Подайте заявку на статус B.",
    request_pending: "Заявка уже на рассмотрении. Дождитесь ответа.",
    last_owner: "У организации должен остаться хотя бы один владелец.",
    slug_taken: "Такой адрес страницы уже занят. Выберите другой.",
    inn_taken:
      "Организация с этим ИНН уже зарегистрирована. Если она ваша, попросите владельца пригласить вас.",
    invalid_transition: "Сейчас это сделать нельзя: состояние изменилось. Обновите страницу.",
    invitation_used: "Это приглашение уже использовано.",
    invitation_expired: "Срок приглашения истёк. Попросите прислать новое.",
    too_large: "Файл слишком большой.",
    invalid_input: "Проверьте, что введено.",
    media_not_validated: "Файл ещё не проверен. Подождите минуту и повторите.",
    too_many_requests: "Слишком много попыток подряд. Подождите минуту и повторите.",
    payment_provider_error: "ЮKassa сейчас не отвечает. Деньги не списаны; попробуйте через несколько минут.",
    unavailable: "Сервис сейчас недоступен. Мы уже чиним; попробуйте через несколько минут.",
    wrong_credentials: "Неверная почта или пароль. Проверьте раскладку и попробуйте ещё раз.",
    email_not_confirmed: "Почта ещё не подтверждена. Откройте ссылку из нашего письма.",
    account_not_created:
      "Не удалось создать аккаунт с этими данными. Если вы уже регистрировались, войдите или восстановите пароль.",
    weak_password: "Этот пароль слишком простой. Возьмите подлиннее: три случайных слова подойдут.",
    same_password: "Это ваш прежний пароль. Придумайте другой.",
    link_expired: "Ссылка устарела или уже использована. Запросите новую.",
    offline: "Нет связи с сервером. Проверьте интернет и повторите.",
    unexpected: "Что-то пошло не так на нашей стороне. Повторите; если не поможет, напишите нам.",
  } satisfies Record<ErrorCode, string>,
  {
    sign_in_required:
      "Your session had ended, so this was not done. What you typed is kept: sign in and try again.",
    subscription_required: "This needs an active subscription.",
    plan_limit_reached:
      "You have reached your plan’s limit. Move to a bigger plan or remove what you no longer need.",
    not_allowed: "You do not have the rights for this. Ask the organization’s owner or an admin.",
    address_not_allowed: "Requests from this address are not accepted.",
    not_found: "There is no such page or record, or you have no access to it.",
    trial_already_used:
      "This organization or INN has already had its trial. You can subscribe straight away.",
    subscription_exists: "There is already a live subscription. You do not need a second one.",
    verification_required: "This plan opens after verification. Apply for status B first.",
    request_pending: "A request is already under review. Please wait for the answer.",
    last_owner: "An organization must keep at least one owner.",
    slug_taken: "This page address is taken. Choose another one.",
    inn_taken:
      "An organization with this INN is already registered. If it is yours, ask its owner to invite you.",
    invalid_transition: "This cannot be done now: things have changed. Reload the page.",
    invitation_used: "This invitation has already been used.",
    invitation_expired: "This invitation has expired. Ask for a new one.",
    too_large: "The file is too big.",
    invalid_input: "Please check what you entered.",
    media_not_validated: "The file has not been checked yet. Wait a minute and try again.",
    too_many_requests: "Too many attempts in a row. Wait a minute and try again.",
    payment_provider_error:
      "YooKassa is not answering. You have not been charged; try again in a few minutes.",
    unavailable: "The service is down right now. We are on it; try again in a few minutes.",
    wrong_credentials: "Wrong e-mail or password. Check them and try again.",
    email_not_confirmed: "Your e-mail is not confirmed yet. Open the link in the message we sent.",
    account_not_created:
      "We could not create an account with these details. If you have signed up before, sign in or reset your password.",
    weak_password: "This password is too easy to guess. Make it longer: three random words will do.",
    same_password: "This is your current password. Choose a different one.",
    link_expired: "This link has expired or has been used. Ask for a new one.",
    offline: "The server cannot be reached. Check your connection and try again.",
    unexpected: "Something went wrong on our side. Try again; if it keeps happening, write to us.",
  },
);

/** What is wrong with one field, by the code the database (or the form itself) gave. */
export const fieldErrorTexts = dictionary(
  {
    required: "Заполните это поле.",
    too_short: "Слишком коротко.",
    too_long: "Слишком длинно.",
    invalid_slug: "От 3 до 50 знаков: латинские строчные буквы, цифры и дефис.",
    invalid_inn:
      "В ИНН ошибка: 10 цифр у компании, 12 у предпринимателя, и они не сходятся с контрольными. Сверьте с документами.",
    invalid_email: "Похоже, в адресе опечатка. Пример: anna@zavod.ru.",
    invalid_url: "Это не похоже на адрес сайта. Пример: paseka.ru.",
    in_the_past: "Этот день уже прошёл.",
    invalid: "Проверьте это поле.",
  },
  {
    required: "Please fill this in.",
    too_short: "Too short.",
    too_long: "Too long.",
    invalid_slug: "3 to 50 characters: lower-case Latin letters, digits and hyphens.",
    invalid_inn:
      "This INN does not add up: 10 digits for a company, 12 for a sole trader, ending in check digits. Compare it with your papers.",
    invalid_email: "That does not look like an e-mail address. Example: anna@factory.com.",
    invalid_url: "That does not look like a web address. Example: factory.com.",
    in_the_past: "That day is over.",
    invalid: "Please check this field.",
  },
);
