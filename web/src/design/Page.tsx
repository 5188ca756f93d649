import { clsx } from "clsx";
import { useEffect, useRef, type ReactNode } from "react";
import { Link } from "react-router";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { useLangOf } from "../i18n/langOf";

let pageOpened = false;

/**
 * Puts the focus on a page's heading after a navigation, so that a screen reader says where it is.
 * Gives the ref for the <h1 tabIndex={-1}>.
 */
export function useArrival() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The first page is opened by the browser, which puts the focus where it should be.
    if (pageOpened) heading.current?.focus({ preventScroll: true });
    pageOpened = true;
  }, []);
  return heading;
}

/** The title of the tab: "Оплата · Честно". */
export function PageTitle({ children }: { children: string }) {
  const { brand } = useTexts(common);
  const title = `${children} · ${brand}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return null;
}

/** The description a search engine shows. index.html has one for the whole site; this is the page's own. */
export function useDescription(text: string | undefined) {
  useEffect(() => {
    const meta = document.querySelector<HTMLMetaElement>('meta[name="description"]');
    if (!meta || !text) return;
    const before = meta.content;
    meta.content = text;
    return () => {
      meta.content = before;
    };
  }, [text]);
}

/** What every page answers first: where am I, what is the state, what can I do next. */
export function PageHeader({
  title,
  tabTitle,
  trail,
  state,
  lead,
  action,
}: {
  title: string;
  /** What the browser's tab says, where that is more than the heading. */
  tabTitle?: string | undefined;
  /** The way here: [{ to: "/dashboard", label: "Кабинет" }]. */
  trail?: readonly { to: string; label: string }[];
  /** For example a badge, or «Пробный период до 4 декабря». */
  state?: ReactNode;
  lead?: ReactNode;
  /** The one primary button. */
  action?: ReactNode;
}) {
  const heading = useArrival();
  const langOf = useLangOf();
  return (
    <header className="flex flex-col gap-4 sm:flex-row sm:flex-wrap sm:items-end sm:justify-between">
      <PageTitle>{tabTitle ?? title}</PageTitle>
      <div className="flex min-w-0 flex-col gap-2 sm:flex-[1_1_20rem]">
        {trail && (
          <ul className="flex flex-wrap gap-x-2 text-sm text-muted">
            {trail.map((step, place) => (
              <li key={step.to} className="flex gap-2">
                {place > 0 && <span aria-hidden>/</span>}
                <Link to={step.to} className="inline-block min-h-6 hover:underline">
                  {step.label}
                </Link>
              </li>
            ))}
          </ul>
        )}
        <h1 ref={heading} tabIndex={-1} lang={langOf(title)} className="text-2xl">
          {title}
        </h1>
        {state}
        {lead && <div className="measure text-muted">{lead}</div>}
      </div>
      {action && <div className="flex shrink-0 flex-wrap gap-3">{action}</div>}
    </header>
  );
}

/** A part of a page with its heading. */
export function Section({
  title,
  action,
  children,
  className,
}: {
  title: string;
  action?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={clsx("flex flex-col gap-4", className)}>
      <div className="flex flex-wrap items-baseline justify-between gap-3">
        <h2 className="text-xl">{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}

/** An object that stands on its own: a plan, a saved card. Not a wrapper for every paragraph. */
export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={clsx("rounded-md border border-line bg-raised p-5", className)}>{children}</div>;
}

/** Names and values: «ИНН — 7707083893». */
export function Facts({ items }: { items: readonly { name: string; value: ReactNode }[] }) {
  const langOf = useLangOf();
  return (
    <dl className="grid gap-x-8 gap-y-3 sm:grid-cols-[max-content_1fr]">
      {items.map((item) => (
        <div key={item.name} className="flex flex-col sm:contents">
          <dt className="text-sm text-muted sm:text-base">{item.name}</dt>
          <dd lang={langOf(item.value)} className="min-w-0">
            {item.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
