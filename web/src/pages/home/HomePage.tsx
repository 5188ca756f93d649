import type { ReactNode } from "react";
import { useNavigate } from "react-router";
import { useSession } from "../../shared/session";
import { ButtonLink } from "../../design/Button";
import { PageTitle, useArrival } from "../../design/Page";
import { useTexts } from "../../i18n/dictionary";
import { home } from "../../i18n/home";
import { statusTexts } from "../../i18n/status";
import { Seal } from "../../status/Seal";
import { FindField } from "../catalogue/FindField";
import { Prices } from "./Prices";
import { Specimen } from "./Specimen";

/** What Chestno is, on one screen; below it the levels, how a buyer checks, the prices. */
export function HomePage() {
  const t = useTexts(home);
  const { status } = useSession();
  const go = useNavigate();
  const heading = useArrival();
  return (
    <div className="flex flex-col gap-16 sm:gap-24">
      <PageTitle>{t.title}</PageTitle>

      <div className="grid items-center gap-10 lg:grid-cols-[1fr_26rem] lg:gap-16">
        <div className="flex flex-col gap-6">
          <h1
            ref={heading}
            tabIndex={-1}
            className="text-2xl font-bold tracking-tight sm:text-3xl lg:max-w-xl"
          >
            {t.headline}
          </h1>
          <p className="measure text-lg lg:max-w-lg">{t.lead}</p>
          <FindField
            onFind={(query) => void go(`/organizations${query && `?q=${encodeURIComponent(query)}`}`)}
          />
          <div className="flex flex-col gap-x-6 gap-y-3 sm:flex-row sm:items-center">
            {status === "signed-in" || status === "expired" ? (
              <ButtonLink to="/dashboard" variant="primary">
                {t.toDashboard}
              </ButtonLink>
            ) : (
              <ButtonLink to="/sign-up" variant="primary">
                {t.start}
              </ButtonLink>
            )}
            <a href="#check" className="link inline-flex min-h-11 items-center justify-center">
              {t.buyers}
            </a>
          </div>
        </div>
        <Specimen />
      </div>

      <Levels />

      <Part id="check" title={t.check.title} lead={t.check.lead}>
        <ol className="grid gap-8 lg:grid-cols-3">
          {t.check.steps.map((step, index) => (
            <li key={step.title} className="flex flex-col gap-1 border-t border-line pt-4">
              <span className="text-accent" aria-hidden>
                {index + 1}
              </span>
              <h3 className="text-lg">{step.title}</h3>
              <p className="text-muted">{step.text}</p>
            </li>
          ))}
        </ol>
      </Part>

      <Part title={t.prices.title} lead={t.prices.lead}>
        <Prices />
      </Part>

      <Part title={t.honest.title}>
        <ul className="grid gap-6 lg:grid-cols-3 lg:gap-8">
          {t.honest.items.map((item) => (
            <li key={item.title} className="border-t border-line pt-4">
              <strong className="font-semibold">{item.title}</strong>{" "}
              <span className="text-muted">{item.text}</span>
            </li>
          ))}
        </ul>
      </Part>
    </div>
  );
}

function Levels() {
  const t = useTexts(home).levels;
  const s = useTexts(statusTexts);
  return (
    <Part title={t.title} lead={t.lead}>
      <ul className="flex flex-col border-b border-line">
        {(["0", "A", "B", "C"] as const).map((level) => (
          <li
            key={level}
            className="grid grid-cols-[3.5rem_1fr] gap-x-4 gap-y-1 border-t border-line py-5 sm:grid-cols-[3.5rem_12rem_1fr] sm:gap-x-6 lg:grid-cols-[3.5rem_12rem_1fr_16rem]"
          >
            <Seal face={{ level }} size={56} />
            <div>
              <p className="text-sm text-muted">{s.status(level)}</p>
              <h3 className="text-lg">{s.name[level]}</h3>
            </div>
            <p className="col-span-2 sm:col-span-1">{s.meaning[level]}</p>
            <p className="col-span-2 text-muted sm:col-span-1 sm:col-start-3 lg:col-start-4">
              <span className="text-sm">{s.howLabel}: </span>
              {t.how[level]}
            </p>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Part({
  id,
  title,
  lead,
  children,
}: {
  id?: string;
  title: string;
  lead?: string;
  children: ReactNode;
}) {
  return (
    <section id={id} className="flex scroll-mt-8 flex-col gap-6">
      <div className="flex flex-col gap-1">
        <h2 className="text-2xl">{title}</h2>
        {lead && <p className="measure text-muted">{lead}</p>}
      </div>
      {children}
    </section>
  );
}
