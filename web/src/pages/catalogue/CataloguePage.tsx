import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { Fragment } from "react";
import { Link, useSearchParams } from "react-router";
import { catalogue, catalogueChoices, type CatalogueFilters, type CatalogueItem } from "../../api/catalogue";
import type { StatusLevel } from "../../api/statuses";
import { Button, ButtonLink } from "../../design/Button";
import { SelectField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { PageHeader, useDescription } from "../../design/Page";
import { EmptyState, ErrorState, Loading, Skeleton } from "../../design/States";
import { catalogueTexts } from "../../i18n/catalogue";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLangOf } from "../../i18n/langOf";
import { statusTexts } from "../../i18n/status";
import { useChosenMeanwhile } from "../../shared/Written";
import { Seal } from "../../status/Seal";
import { badgeFace } from "../../status/StatusBadge";
import { FindField } from "./FindField";

const levels: readonly StatusLevel[] = ["C", "B", "A", "0"];

/** Producers, found or looked through. What is asked for stands in the address, so that a link shares it. */
export function CataloguePage() {
  const t = useTexts(catalogueTexts);
  const s = useTexts(statusTexts);
  const { filters, narrow, clear } = useFiltersInAddress();
  useChosenMeanwhile(["level", "category", "region"], (chosen) =>
    narrow(chosen as Partial<CatalogueFilters>),
  );
  const found = useInfiniteQuery(catalogue(filters));
  const choices = useQuery(catalogueChoices()).data;
  const list = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const isNarrowed = filters.level !== "" || filters.category !== "" || filters.region !== "";
  useDescription(t.description);
  return (
    <div className="flex flex-col gap-8">
      <PageHeader title={t.title} lead={t.lead} />
      <div className="flex flex-col gap-4">
        <FindField
          key={filters.query}
          query={filters.query}
          help={t.findHelp}
          onFind={(query) => narrow({ query })}
        />
        <div className="grid gap-4 sm:grid-cols-3">
          <SelectField
            filter
            name="level"
            label={t.level}
            value={filters.level}
            error={undefined}
            onChange={(level) => narrow({ level })}
            options={[
              { value: "", label: t.everyLevel },
              ...levels.map((level) => ({ value: level, label: t.levelIs(level, s.name[level]) })),
            ]}
          />
          <SelectField
            filter
            name="category"
            label={t.category}
            value={filters.category}
            error={undefined}
            onChange={(category) => narrow({ category })}
            options={chosenAmong(filters.category, choices?.categories, t.everyCategory)}
          />
          <SelectField
            filter
            name="region"
            label={t.region}
            value={filters.region}
            error={undefined}
            onChange={(region) => narrow({ region })}
            options={chosenAmong(filters.region, choices?.regions, t.everyRegion)}
          />
        </div>
      </div>

      {found.isPending && (
        <Loading>
          <div className="flex flex-col border-b border-line">
            {Array.from({ length: 8 }, (_, place) => (
              <Skeleton key={place} className="my-2 h-20" />
            ))}
          </div>
        </Loading>
      )}
      {found.isError && <ErrorState error={found.error} retry={() => void found.refetch()} />}
      {found.data && list.length === 0 && (
        <EmptyState
          title={t.none}
          picture={<Icon of={SearchX} size={32} />}
          action={
            isNarrowed ? (
              <Button onClick={clear}>{t.clear}</Button>
            ) : (
              <ButtonLink to="/support">{t.write}</ButtonLink>
            )
          }
        >
          {isNarrowed ? t.noneSelected : t.noneText}
        </EmptyState>
      )}
      {list.length > 0 && (
        <div className="flex flex-col gap-3" aria-busy={found.isFetchingNextPage}>
          {list[0]?.near && <p role="status">{t.near(filters.query)}</p>}
          <ul aria-label={t.results} className="flex flex-col border-b border-line">
            {list.map((item) => (
              <Producer key={item.slug} item={item} />
            ))}
          </ul>
        </div>
      )}
      {found.hasNextPage && (
        <Button
          className="self-center"
          pending={found.isFetchingNextPage && t.loadingMore}
          onClick={() => void found.fetchNextPage()}
        >
          {t.more}
        </Button>
      )}
    </div>
  );
}

/** One producer: what the seal says, who it is, and where. */
function Producer({ item }: { item: CatalogueItem }) {
  const t = useTexts(catalogueTexts);
  const s = useTexts(statusTexts);
  const { date } = useFormats();
  const langOf = useLangOf();
  const [lost] = item.lost;
  const facts = [item.legal_name, item.inn && t.inn(item.inn)].filter(Boolean);
  const about = [item.category, item.region].filter(Boolean).join(" · ");
  return (
    <li className="relative grid grid-cols-[3.5rem_1fr] gap-x-4 gap-y-1 border-t border-line py-4 hover:bg-sunken sm:grid-cols-[3.5rem_1fr_16rem] sm:gap-x-6">
      <Seal face={badgeFace(item.level === null ? null : { level: item.level }, lost)} size={56} />
      <div className="min-w-0">
        <h2 lang={langOf(item.name)} className="text-lg">
          {/* the whole row leads there */}
          <Link to={`/organizations/${item.slug}`} className="after:absolute after:inset-0">
            {item.name}
          </Link>
        </h2>
        <p className="text-sm break-words text-muted">
          {facts.map((fact, place) => (
            <Fragment key={fact}>
              {place > 0 && " · "}
              {fact}
            </Fragment>
          ))}
        </p>
        {about && <p className="text-sm break-words text-muted">{about}</p>}
      </div>
      <div className="col-start-2 text-sm sm:col-start-3">
        {item.level !== null && item.level_since ? (
          <p>{t.held(item.level, date(item.level_since))}</p>
        ) : (
          !lost && <p className="text-muted">{s.none}</p>
        )}
        {lost && <p className="text-bad">{t.lost(lost.level, date(lost.lost_at))}</p>}
      </div>
    </li>
  );
}

/** What may be chosen, and what is chosen although nobody is of it any more. */
function chosenAmong(chosen: string, values: readonly string[] | undefined, all: string) {
  const known = values ?? [];
  const options = chosen && !known.includes(chosen) ? [chosen, ...known] : known;
  return [{ value: "", label: all }, ...options.map((value) => ({ value, label: value }))];
}

function useFiltersInAddress() {
  const [parameters, setParameters] = useSearchParams();
  const level = parameters.get("level");
  const filters: CatalogueFilters = {
    query: parameters.get("q") ?? "",
    level: levels.find((each) => each === level) ?? "",
    category: parameters.get("category") ?? "",
    region: parameters.get("region") ?? "",
  };
  const show = ({ query, ...others }: CatalogueFilters) =>
    setParameters(Object.entries({ q: query, ...others }).filter(([, value]) => value !== ""));
  return {
    filters,
    narrow: (changes: Partial<CatalogueFilters>) => show({ ...filters, ...changes }),
    clear: () => show({ query: filters.query, level: "", category: "", region: "" }),
  };
}
