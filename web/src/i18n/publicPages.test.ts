/**
 * The words of the pages that are read without JavaScript (functions/pages) are those of these dictionaries: they are written
 * there from here, by `npx vitest run src/i18n/publicPages.test.ts -u`.
 */
import { expect, test } from "vitest";
import { catalogueTexts } from "./catalogue";
import { common } from "./common";
import { home } from "./home";
import { levelsTexts } from "./levels";
import { held, lost, marks, since, span, type Stretch } from "../pages/home/specimen";
import { formats } from "./format";
import type { Language } from "./locale";
import { notFoundTexts } from "./notFound";
import { platformPageTexts } from "./platformPages";
import { organizationTexts } from "./organizations";
import { qrLandingTexts } from "./qrLanding";
import { reportOutcomeTexts } from "./reportOutcomes";
import { reportTexts } from "./reports";
import { statusTexts } from "./status";
import { storyTexts } from "./stories";

/** For one, two and five of something: `{count}` where the text says how many. */
const counted = (say: (count: number) => string) =>
  [1, 2, 5].map((count) => say(count).replace(String(count), "{count}"));

/** The same, and without a number of days. */
const within = (say: (days: number | null) => string) => ({ always: say(null), within: counted(say) });

/** As the ruler marks it; 0 is January. */
const monthOf = (language: Language, place: number) =>
  formats({ language, timeZone: "UTC" }).month(new Date(Date.UTC(2027, place, 15)));

/** The home page's example, with its days in words and its bars in percent. */
function specimen(language: Language) {
  const t = home[language].specimen;
  const { date, month } = formats({ language, timeZone: "Europe/Moscow" });
  const rounded = ({ left, width }: ReturnType<typeof span>) => ({
    left: Number(left.toFixed(2)),
    width: Number(width.toFixed(2)),
  });
  return {
    ...t,
    lost: t.lost(date(lost.from), date(lost.to)),
    since: undefined,
    held: held.map(({ level, stretches }: { level: string; stretches: Stretch[] }) => ({
      level,
      since: t.since(date(since(stretches))),
      bars: stretches.map((stretch) => rounded(span(stretch))),
    })),
    months: marks.map(month),
  };
}

function words(language: Language) {
  const c = common[language];
  const h = home[language];
  const l = levelsTexts[language];
  const f = catalogueTexts[language];
  const o = organizationTexts[language].public;
  const s = statusTexts[language];
  const r = storyTexts[language].reading;
  const q = qrLandingTexts[language];
  const p = platformPageTexts[language];
  const { keep } = l.level["0"];
  return {
    brand: c.brand,
    skipToContent: c.skipToContent,
    notTheState: c.notTheState,
    producers: c.producers,
    levels: c.levels,
    writeToUs: c.writeToUs,
    main: c.nav.main,
    menu: c.nav.menu,
    footer: c.footer,
    levelsShort: c.levelsShort,
    platform: {
      ...p,
      consent: undefined,
      version: p.version("{version}", "{date}"),
      outdated: p.outdated("{version}", "{date}"),
      versionOf: p.versionOf("{version}", "{date}"),
    },
    notFound: { ...notFoundTexts[language], lead: notFoundTexts[language].lead("{path}") },
    home: {
      title: h.title,
      headline: h.headline,
      lead: h.lead,
      start: h.start,
      buyers: h.buyers,
      specimen: specimen(language),
      levels: h.levels,
      check: h.check,
      prices: {
        ...h.prices,
        perYear: h.prices.perYear("{amount}"),
        saving: h.prices.saving("{amount}"),
        trial: counted(h.prices.trial),
        limits: {
          qr_codes: counted(h.prices.limits.qr_codes),
          stories_per_month: counted(h.prices.limits.stories_per_month),
          members: counted(h.prices.limits.members),
        },
      },
      honest: h.honest,
    },
    level: {
      ...l,
      level: { ...l.level, "0": { ...l.level["0"], keep: counted(keep) } },
      criterion: {
        published_stories: within((days) => l.criterion.published_stories("{required}", days)),
        unique_scans: within((days) => l.criterion.unique_scans("{required}", days)),
        days_with_paid_level: { always: l.criterion.days_with_paid_level("{required}") },
      },
      prices: l.prices("{month}", "{year}"),
      priceMonth: l.priceMonth("{month}"),
      trial: counted(l.trial),
    },
    catalogue: {
      ...f,
      levelIs: f.levelIs("{level}", "{name}"),
      inn: f.inn("{inn}"),
      held: f.held("{level}", "{date}"),
      lost: f.lost("{level}", "{date}"),
      near: f.near("{query}"),
    },
    organization: {
      ...o,
      documentTitle: o.documentTitle("{name}"),
      description: o.description("{name}", "{status}"),
      logo: o.logo("{name}"),
      deleted: o.deleted("{date}"),
      short: {
        ...o.short,
        papers: o.short.papers("{date}"),
      },
    },
    status: {
      status: s.status("{level}"),
      none: s.none,
      lost: s.lost("{level}", "{date}"),
      name: s.name,
      meaning: s.meaning,
      howLabel: s.howLabel,
      how: s.how,
      since: s.since("{date}"),
      until: s.until("{date}"),
      sinceLabel: s.sinceLabel,
      untilLabel: s.untilLabel,
      termLabel: s.termLabel,
      endless: s.endless,
      what: s.ruler.what,
      today: s.ruler.today,
      months: Array.from({ length: 12 }, (_, place) => monthOf(language, place)),
      history: {
        title: s.history.title,
        note: s.history.note,
        granted: s.history.granted("{level}", "{name}"),
        extendedUntil: s.history.extendedUntil("{level}", "{date}"),
        extended: s.history.extended("{level}"),
        revoked: s.history.revoked("{level}"),
        expired: s.history.expired("{level}"),
        grace_started: s.history.grace_started("{level}", "{date}"),
        grace_begun: s.history.grace_begun("{level}"),
        grace_ended: s.history.grace_ended("{level}"),
        superseded: s.history.superseded("{level}"),
        name_changed: s.history.name_changed("{from}", "{to}"),
        legal_name_changed: s.history.legal_name_changed("{from}", "{to}"),
        why: s.history.why("{reason}"),
      },
      reason: s.reason,
    },
    reports: reportTexts[language],
    outcomes: {
      ...reportOutcomeTexts[language],
      title: c.reports,
      dates: reportOutcomeTexts[language].dates("{reported}", "{decided}"),
      unpublished: reportOutcomeTexts[language].unpublished("{date}"),
    },
    story: {
      type: storyTexts[language].type,
      tab: r.tab,
      about: r.about,
      tabs: r.tabs,
      all: r.all,
      list: r.list,
      filter: r.filter,
      everyType: r.everyType,
      noneText: r.noneText,
      noneOfType: r.noneOfType,
      more: r.more,
      featured: r.featured,
      source: r.source,
      published: r.published("{date}"),
      producer: r.producer,
      related: r.related,
      notFoundTitle: r.notFoundTitle,
      notFoundText: r.notFoundText,
      toOrganization: r.toOrganization,
    },
    qr: { ...q, documentTitle: q.documentTitle("{name}"), code: q.code("{code}") },
  };
}

test("pages without JavaScript say what these dictionaries say", async () => {
  const all = `${JSON.stringify({ ru: words("ru"), en: words("en") }, null, 2)}\n`;
  await expect(all).toMatchFileSnapshot("../../../functions/pages/words.json");
});
