import { useQuery, type UseQueryOptions } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { isId } from "../../api/adminPayments";
import { Icon } from "../../design/Icon";
import { PageHeader } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";
import { NotFoundPage } from "../NotFoundPage";
import { useDeskFilters } from "./useDeskFilters";

export type OneQuery<Item> = UseQueryOptions<Item, Error, Item, readonly (string | number)[]>;

type Parts<Item> = { one: (id: string) => OneQuery<Item>; children: (item: Item) => ReactNode };

/** What waits for a decision: a list, or the one of it in view, which stands in the address (`?request=`). */
export function Queue<Item>({
  title,
  path,
  list,
  ...parts
}: Parts<Item> & {
  title: string;
  /** The page's address. */
  path: string;
  list: ReactNode;
}) {
  const t = useTexts(deskTexts);
  const id = useDeskFilters().value("request");
  if (id === "") return list;
  if (!isId(id)) return <NotFoundPage />;
  return (
    <div className="flex flex-col gap-8">
      <PageHeader title={title} />
      <Link to={path} className="link inline-flex min-h-8 items-center gap-2 self-start">
        <Icon of={ArrowLeft} size={18} />
        {t.back}
      </Link>
      <One key={id} id={id} {...parts} />
    </div>
  );
}

function One<Item>({ id, one, children }: Parts<Item> & { id: string }) {
  return (
    <Loaded query={useQuery(one(id))} skeleton={<SkeletonLines count={12} />}>
      {children}
    </Loaded>
  );
}
