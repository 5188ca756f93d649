// The e-mails of Auth, from the templates that a hosted project sends (supabase/config.toml), handed to the stack's
// mail sink.
import { AsyncLocalStorage } from "node:async_hooks";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { SmtpEmailDriver } from "@supabase/lite";

const { SITE_URL, SMTP_PORT } = process.env;
const { auth } = JSON.parse(process.env.SUPABASE_CONFIG ?? "{}");
const smtp = new SmtpEmailDriver({
  host: "127.0.0.1",
  port: Number(SMTP_PORT),
  from: "Честно <no-reply@chestno.test>",
});

/** Where the request that is being answered wants the person to land (`redirect_to`). */
export const wantedRedirect = new AsyncLocalStorage();

/** In the place of Lite's own. */
export const mailer = {
  sendConfirmation: (to, hash, code) => send("confirmation", to, { TokenHash: hash, Token: code, Email: to }),
  sendRecovery: (to, hash, code) => send("recovery", to, { TokenHash: hash, Token: code, Email: to }),
  sendEmailChange: (to, hash, code, { currentEmail, newEmail }) =>
    send("email_change", to, { TokenHash: hash, Token: code, Email: currentEmail, NewEmail: newEmail }),
  /** Auth has none such; on a hosted project the web asks for a recovery e-mail instead. */
  sendAlreadyRegistered: (to) => send("already_registered", to, { Email: to }),
  sendReauthentication: (to, code) => send("reauthentication", to, { Token: code, Email: to }),
};

const OWN = {
  already_registered: {
    subject: "У вас уже есть аккаунт · You have an account already",
    content_path: new URL("../templates/already_registered.html", import.meta.url),
  },
  reauthentication: {
    subject: "Код подтверждения · Confirmation code",
    content_path: new URL("../templates/reauthentication.html", import.meta.url),
  },
};

let took = 0; // ms

/** For who gets no e-mail: waits as long as one took, so that the time tells nothing. */
export const asIfSent = () => setTimeout(took);

async function send(name, to, about) {
  const began = performance.now();
  const { subject, content_path: path } = OWN[name] ?? auth.email.template[name];
  const html = fill(await readFile(path, "utf8"), { SiteURL: SITE_URL, RedirectTo: landing(), ...about });
  await smtp.send({ to, subject, html, text: asText(html) });
  took = performance.now() - began;
}

/** Only a page of our own site. */
function landing() {
  const wanted = URL.parse(wantedRedirect.getStore() ?? "");
  return wanted?.origin === new URL(SITE_URL).origin ? wanted.href : SITE_URL;
}

/** `{{ .Name }}`, escaped as Go's templates do: for a query after `=`, for HTML elsewhere. */
function fill(template, values) {
  const escaped = (value) => value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return template.replace(/(=)?\{\{ \.(\w+) \}\}/g, (_, inQuery = "", name) =>
    inQuery ? `=${encodeURIComponent(values[name] ?? "")}` : escaped(values[name] ?? ""),
  );
}

function asText(html) {
  return html
    .replace(/<head>.*<\/head>/s, "")
    .replace(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs, "$2: $1")
    .replace(/\s+/g, " ")
    .replace(/<\/(p|div)>/g, "\n\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
    .replaceAll("&amp;", "&")
    .replace(/ *\n */g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
