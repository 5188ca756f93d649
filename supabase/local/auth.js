// What Auth does on a hosted project, and Lite does not: Lite makes a service for each request, and what stands
// here takes the place of its methods.
import { createHash, randomBytes, randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import bcrypt from "bcryptjs";
import { CompiledQuery } from "kysely";
import { asIfSent } from "./mail.js";

const COMMON = new Set(
  JSON.parse(await readFile(new URL("../common_passwords.json", import.meta.url), "utf8")),
);
const SHORTEST = 8; // characters
const LONGEST = 72; // bytes: all that bcrypt reads
const MOST_WRONG = 20; // passwords for one address
const WRONG_FOR = 5 * 60_000; // ms
const TELL_AGAIN = 60 * 60_000; // ms: anybody can make us write to an owner
/** What a password is compared with where there is none, so that the time tells nothing. */
const NO_PASSWORD = await bcrypt.hash(
  randomBytes(16).toString("hex"),
  Number(process.env.LITE_AUTH_BCRYPT_COST ?? 10),
);

const wrong = new Map(); // address → {count, until}
const told = new Map(); // address → when its owner was last told of a sign-up

/** Lite's kind of error, which its routes answer as Auth does. */
let AuthError;

/** For `middlewares`: mends the service of a request. */
export async function mendAuth(context, next) {
  const service = context.get("authService");
  AuthError ??= await service.resend("no such type").catch((error) => error.constructor);
  const lite = Object.getPrototypeOf(service);
  Object.assign(service, mends(lite, context));
  await next();
}

function mends(lite, context) {
  return {
    /**
     * An address that has an account is answered as one that has none; its owner is told by e-mail, or asked once
     * more to confirm.
     */
    async signUp(given, password, data) {
      const email = canonical(given);
      if (typeof password === "string") this.assertPasswordStrong(password);
      if (email) assertAddress(email);
      const normal = password?.normalize?.("NFC");
      if (!this.config.email?.enable_confirmations) return lite.signUp.call(this, email, normal, data);
      const user = email && (await this.repo.findUserByEmail(email));
      if (!user) {
        try {
          return await lite.signUp.call(this, email, normal, data);
        } catch (error) {
          if (error.code !== "23505") throw error; // somebody was a moment faster
        }
      }
      await bcrypt.compare(normal, NO_PASSWORD);
      const owner = user ?? (await this.repo.findUserByEmail(email));
      if (owner.email_confirmed_at) await this.tellOwner(email);
      else await this.sendConfirmationAgain(owner);
      return { user: await this.newUserOfNobody(email, data) };
    },

    async tellOwner(email) {
      if (Date.now() - (told.get(email) ?? 0) < TELL_AGAIN) return asIfSent();
      for (const [address, at] of told) if (Date.now() - at >= TELL_AGAIN) told.delete(address);
      told.set(email, Date.now());
      await this.mailer.sendAlreadyRegistered(email);
    },

    async sendConfirmationAgain(user) {
      if (!mayWrite(user.confirmation_sent_at, this.config)) return asIfSent();
      const { code, hash } = this.newToken(user.email);
      const sent = { confirmation_token: hash, confirmation_sent_at: new Date().toISOString() };
      await this.repo.updateUser(user.id, sent);
      await this.mailer.sendConfirmation(user.email, hash, code);
    },

    /** What a sign-up answers, of an account that is not made. */
    async newUserOfNobody(email, data) {
      const id = newId();
      const about = { ...data, email, email_verified: false, phone_verified: false, sub: id };
      const query = "select $1::jsonb as about, $2::timestamptz as at"; // in the database's own order and form
      const now = new Date().toISOString();
      const { rows } = await this.repo.db.executeQuery(
        CompiledQuery.raw(query, [JSON.stringify(about), now]),
      );
      const [{ about: metadata, at }] = rows;
      const times = { created_at: at, updated_at: at };
      const identity = {
        id: newId(),
        provider: "email",
        provider_id: id,
        user_id: id,
        identity_data: metadata,
        email,
      };
      const user = { id, email, confirmation_sent_at: at, raw_user_meta_data: metadata, ...times };
      user.raw_app_meta_data = { provider: "email", providers: ["email"] };
      return this.mapUserToResponse(user, [{ ...identity, last_sign_in_at: at, ...times }], "signup");
    },

    async signInWithPassword(given, password) {
      const email = canonical(given);
      if (!email || typeof password !== "string" || !password)
        return lite.signInWithPassword.call(this, email, password);
      assertNotTooMany(email);
      const user = await this.repo.findUserByEmail(email);
      const normal = password.normalize("NFC");
      const same = await bcrypt.compare(normal, user?.encrypted_password ?? NO_PASSWORD);
      assertNotTooMany(email); // many at once learn no more than one after the other
      const right = same && Buffer.byteLength(normal) <= LONGEST; // it compares no more than that
      if (!right || !user?.encrypted_password) {
        const until = wrong.get(email)?.until ?? Date.now() + WRONG_FOR;
        wrong.set(email, { count: tries(email) + 1, until });
        throw new AuthError(400, "invalid_credentials", "Invalid login credentials");
      }
      wrong.delete(email);
      // Only to who knows the password: else it would say which addresses wait for a confirmation.
      if (!user.email_confirmed_at) throw new AuthError(400, "email_not_confirmed", "Email not confirmed");
      const identities = await this.repo.findIdentitiesByUserId(user.id);
      return this.createSessionForUser(this.repo.parseUserJson(user), identities, "user");
    },

    /** A new password ends every other session; a new address waits until both mailboxes said yes. */
    async updateUser(id, { email: given, password, ...more }) {
      const email = canonical(given);
      if (email) assertAddress(email);
      const normal = password?.normalize?.("NFC") ?? password;
      const user = await lite.updateUser.call(this, id, { ...more, password: normal });
      if (password !== undefined) {
        const here = context.get("sessionId");
        await this.repo.deleteRefreshTokensForUser(id, here);
        await this.repo.deleteUserSessions(id, here);
      }
      if (!email) return user;
      await this.askBothMailboxes(id, email);
      return this.getUser(id);
    },

    async askBothMailboxes(id, email) {
      const user = await this.repo.findUserById(id);
      if (user.email === email) return;
      if (!mayWrite(user.email_change_sent_at, this.config))
        throw new AuthError(
          429,
          "over_email_send_rate_limit",
          "For security purposes, you can only request this later.",
        );
      if (await this.repo.findUserByEmail(email))
        throw new AuthError(
          422,
          "email_exists",
          "A user with this email address has already been registered",
        );
      const [old, renewed] = [user.email, email].map((address) => this.newToken(address));
      await this.repo.updateUser(id, {
        email_change: email,
        email_change_token_current: old.hash,
        email_change_token_new: renewed.hash,
        email_change_sent_at: new Date().toISOString(),
        email_change_confirm_status: 0,
      });
      await this.mailer.sendEmailChange(user.email, old.hash, old.code, {
        currentEmail: user.email,
        newEmail: email,
      });
      await this.mailer.sendEmailChange(email, renewed.hash, renewed.code, {
        currentEmail: user.email,
        newEmail: email,
      });
    },

    /** Lite takes the old mailbox's word alone. */
    async verifyOtp(asked) {
      if (asked.type !== "email_change" || !asked.token_hash)
        return lite.verifyOtp.call(this, { ...asked, email: canonical(asked.email) });
      const invalid = () => new AuthError(403, "otp_expired", "Email link is invalid or has expired");
      if (context.req.method === "GET") throw invalid(); // no e-mail of ours has such a link, and Lite's answer lacks a case
      return this.repo.transaction(async (repo) => {
        const outside = this.repo;
        this.repo = repo;
        try {
          const { user, tokenColumn } =
            (await this.findUserByTokenAndType(asked.token_hash, "email_change")) ?? {};
          if (!user?.email_change || this.isTokenExpired(user, tokenColumn)) throw invalid();
          if (!(await repo.claimUserToken(user.id, tokenColumn, asked.token_hash))) throw invalid();
          const { email_change_confirm_status: confirmed } = await repo.findUserById(user.id); // locked by now
          if (confirmed === 0) {
            await repo.updateUser(user.id, { email_change_confirm_status: 1 });
            const msg = "Confirmation link accepted. Please proceed to confirm link sent to the other email";
            return { code: 200, msg };
          }
          await repo.updateUser(user.id, { email_change_confirm_status: 0 });
          return await this.completeVerifyOtp(user, tokenColumn, "email_change");
        } catch (error) {
          if (error.code === "23505")
            throw new AuthError(
              422,
              "email_exists",
              "A user with this email address has already been registered",
            );
          throw error;
        } finally {
          this.repo = outside;
        }
      });
    },

    /** Who has no account, or was written to a moment ago, gets the same answer and no e-mail. */
    async recover(given) {
      const email = canonical(given);
      const user = email && (await this.repo.findUserByEmail(email));
      if (email && (!user || !mayWrite(user.recovery_sent_at, this.config))) return asIfSent();
      return lite.recover.call(this, email);
    },

    async resend(type, given) {
      const email = canonical(given);
      if (type !== "signup" || !email) return lite.resend.call(this, type, email);
      const user = await this.repo.findUserByEmail(email);
      await (user && !user.email_confirmed_at ? this.sendConfirmationAgain(user) : asIfSent());
    },

    /** Nobody signs in without a password here; Lite would make a confirmed account of any address. */
    async signInWithOtp() {
      throw new AuthError(422, "otp_disabled", "Signups not allowed for otp");
    },

    async requestMagicLink() {
      throw new AuthError(422, "otp_disabled", "Signups not allowed for otp");
    },

    assertPasswordStrong(password) {
      const normal = password.normalize("NFC");
      const reasons = [];
      if ([...normal].length < SHORTEST || Buffer.byteLength(normal) > LONGEST) reasons.push("length");
      if (COMMON.has(normal.toLowerCase())) reasons.push("pwned"); // what Auth says of a leaked one
      if (!reasons.length) return;
      const message = `Password should be ${SHORTEST} characters to ${LONGEST} bytes, and not one of the common ones.`;
      throw new AuthError(422, "weak_password", message, { weak_password: { reasons } });
    },

    newToken(address) {
      const code = Array.from({ length: this.otpLength }, () => randomInt(10)).join("");
      return {
        code,
        hash: createHash("sha256")
          .update(address + code)
          .digest("hex"),
      };
    },
  };
}

/** How often a wrong password was given for this address lately. */
function tries(email) {
  if (wrong.size > 10_000)
    for (const [address, { until }] of wrong) if (until <= Date.now()) wrong.delete(address);
  const known = wrong.get(email);
  if (known?.until <= Date.now()) wrong.delete(email);
  return wrong.get(email)?.count ?? 0;
}

function assertNotTooMany(email) {
  if (tries(email) < MOST_WRONG) return;
  const seconds = Math.ceil((wrong.get(email).until - Date.now()) / 1000);
  const headers = { "Retry-After": String(seconds) };
  throw new AuthError(429, "over_request_rate_limit", "Request rate limit reached", undefined, headers);
}

/** Whether one may be written to again, who was written to at this moment (`max_frequency`). */
function mayWrite(at, { email }) {
  const [, count, unit] = email?.max_frequency?.match(/^(\d+)(s|m)$/) ?? [0, 60, "s"];
  return !at || Date.now() - new Date(at) >= count * (unit === "m" ? 60_000 : 1000);
}

/** One form for one mailbox: NFC, lower case, the domain in ASCII. */
function canonical(email) {
  if (typeof email !== "string") return email;
  const [, name, domain] =
    email
      .normalize("NFC")
      .trim()
      .toLowerCase()
      .match(/^(.*)@([^@]*)$/s) ?? [];
  if (!name || !domain) return email;
  const ascii = /^[\p{L}\p{N}.-]+$/u.test(domain) && URL.parse(`http://${domain}`)?.hostname;
  return `${name}@${ascii || domain}`;
}

const WORD = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What no mail server would take, or a header's reader would choke on, is no address. */
function assertAddress(email) {
  const [name, domain, ...more] = String(email).split("@");
  const fits = domain && !more.length && name.length <= 64 && email.length <= 254;
  if (fits && WORD.test(name) && DOMAIN.test(domain)) return;
  throw new AuthError(400, "email_address_invalid", "Unable to validate email address: invalid format");
}

/** An id as Lite makes them (version 7: the time first). */
function newId() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
