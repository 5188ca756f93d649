// Mails of sign-up and password recovery, handed to the stack's mail sink.
import { AsyncLocalStorage } from "node:async_hooks";
import { SmtpEmailDriver } from "@supabase/lite";

const { API_URL, SITE_URL, SMTP_PORT } = process.env;
const smtp = new SmtpEmailDriver({
  host: "127.0.0.1",
  port: Number(SMTP_PORT),
  from: "Chestno <no-reply@chestno.test>",
});

/** Where the request that is being answered wants the person to land (`redirect_to`). */
export const wantedRedirect = new AsyncLocalStorage();

export const mailDriver = {
  async send(message) {
    await smtp.send({ ...message, text: mendLinks(message.text), html: mendLinks(message.html) });
  },
};

/** Lite's links lead to the site instead of the API, and always back to its first page. */
function mendLinks(text) {
  return text
    ?.replaceAll(`${SITE_URL}/auth/v1/verify?`, `${API_URL}/auth/v1/verify?`)
    .replace(/(redirect_to=)[^\s"&]*/g, (whole, name) =>
      wantedRedirect.getStore() ? name + encodeURIComponent(wantedRedirect.getStore()) : whole,
    );
}
