import { useQuery } from "@tanstack/react-query";
import { compiler, type MarkdownToJSX } from "markdown-to-jsx/react";
import { createElement, type ComponentProps } from "react";
import { Link, useSearchParams } from "react-router";
import { asApiError } from "../../api/errors";
import {
  platformPage,
  platformPaths,
  type PlatformPage as Text,
  type PlatformPageKey,
} from "../../api/platformPages";
import { verificationGuide, type AskedPaper } from "../../api/upgradeRequests";
import { ButtonLink } from "../../design/Button";
import { Notice } from "../../design/Notice";
import { PageHeader, Section } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { common } from "../../i18n/common";
import { useLocale } from "../../i18n/locale";
import { platformPageTexts } from "../../i18n/platformPages";

/** One of the pages in which Chestno says what it is. Drawn the same by functions/pages/templates/platform.jinja. */
export function PlatformPage({ page }: { page: PlatformPageKey }) {
  const t = useTexts(platformPageTexts);
  const c = useTexts(common);
  const { language } = useLocale();
  const [parameters] = useSearchParams();
  const asked = Number(parameters.get("version") ?? NaN);
  const version = Number.isInteger(asked) && asked > 0 && asked < 1_000_000 ? asked : undefined;
  const query = useQuery(platformPage(page, language, version));

  if (query.isError && asApiError(query.error).code === "not_found") {
    return (
      <div className="flex flex-col gap-6">
        <PageHeader title={t.absentTitle} lead={t.absentText} />
        <div>
          <ButtonLink to="/support">{c.writeToUs}</ButtonLink>
        </div>
      </div>
    );
  }
  return (
    <Loaded query={query} skeleton={<SkeletonLines count={12} />}>
      {(text) => (
        <div className="flex flex-col gap-10">
          <Version text={text} />
          <div className="document">{compiler(text.body, markdown)}</div>
          {page === "how_we_verify" && <Papers />}
          <Versions text={text} />
        </div>
      )}
    </Loaded>
  );
}

function Version({ text }: { text: Text }) {
  const t = useTexts(platformPageTexts);
  const { date } = useFormats();
  const [latest] = text.versions;
  const isOld = latest !== undefined && latest.version !== text.version;
  const day = date(text.published_at);
  return (
    <div className="flex flex-col gap-4">
      <PageHeader title={text.title} lead={isOld ? undefined : t.version(String(text.version), day)} />
      {isOld && (
        <Notice kind="warning">
          {t.outdated(String(text.version), day)}{" "}
          <Link className="link" to={platformPaths[text.key]}>
            {t.current}
          </Link>
        </Notice>
      )}
    </div>
  );
}

function Versions({ text }: { text: Text }) {
  const t = useTexts(platformPageTexts);
  const { date } = useFormats();
  if (text.versions.length < 2) return null;
  return (
    <Section title={t.versions}>
      <ul className="flex flex-col gap-1">
        {text.versions.map(({ version, published_at }) => (
          <li key={version}>
            <Link
              className="link inline-flex min-h-6 items-center"
              aria-current={version === text.version ? "page" : undefined}
              to={`${platformPaths[text.key]}?version=${version}`}
            >
              {t.versionOf(String(version), date(published_at))}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What each trade is asked for, as the request for level B says it. */
function Papers() {
  const t = useTexts(platformPageTexts);
  const { language } = useLocale();
  const guide = useQuery(verificationGuide(null));
  return (
    <Section title={t.papers}>
      <p className="measure text-muted">{t.papersLead}</p>
      <Loaded query={guide} skeleton={<SkeletonLines count={8} />}>
        {({ for_all, trades }) => (
          <div className="grid gap-x-10 gap-y-8 md:grid-cols-2">
            <Trade title={t.forAll} papers={for_all} />
            {trades.map(({ trade, title, papers }) => (
              <Trade key={trade} title={title[language]} papers={papers} />
            ))}
          </div>
        )}
      </Loaded>
    </Section>
  );
}

function Trade({ title, papers }: { title: string; papers: readonly AskedPaper[] }) {
  const t = useTexts(platformPageTexts);
  const { language } = useLocale();
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-lg">{title}</h3>
      <ul className="flex flex-col gap-2">
        {papers.map((paper) => (
          <li key={paper.document} className="border-t border-line pt-2">
            {paper.title[language]}
            {paper.is_required && <span className="text-sm text-muted"> · {t.required}</span>}
            {paper.note && <p className="text-sm text-muted">{paper.note[language]}</p>}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Within the site the app goes itself. */
function Anchor({ href = "", children }: ComponentProps<"a">) {
  return href.startsWith("/") ? (
    <Link className="link" to={href}>
      {children}
    </Link>
  ) : (
    <a className="link" href={href} rel="noreferrer">
      {children}
    </a>
  );
}

/** No HTML in a text is HTML on the page. Without a wrapper everything is made by `createElement`, which in the build is Preact's. */
const markdown: MarkdownToJSX.Options = {
  createElement,
  wrapper: null,
  disableAutoLink: true,
  disableParsingRawHTML: true,
  forceBlock: true,
  overrides: { a: { component: Anchor } },
};
