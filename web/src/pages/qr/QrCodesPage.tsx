import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { QrCode as QrIcon, SearchX } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { asApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import { mayActAs } from "../../api/organizations";
import { qrArchive, qrCodes, updateQrCodes, type QrCode } from "../../api/qr";
import { Button } from "../../design/Button";
import { SearchField, SelectField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { PageHeader } from "../../design/Page";
import { EmptyState, ErrorState, Loading, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { useFormats } from "../../i18n/format";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { saveFile } from "../../shared/saveFile";
import { useAddressText } from "../../shared/useAddressText";
import { BulkDialog } from "./BulkDialog";
import { CreateDialog } from "./CreateDialog";
import { CsvDialog } from "./CsvDialog";
import { useTargetInWords } from "./target";

type Open = "create" | "bulk" | "csv" | undefined;

/** All codes of the organization: found, made one by one, many at once or from a table, and switched together. */
export function QrCodesPage() {
  const texts = useTexts(qrTexts);
  const t = texts.list;
  const { organization, role } = useOrganization();
  const mayWrite = mayActAs(role, "editor");
  const { asked, typed, setTyped } = useAddressText("q");
  const [tag, setTag] = useState("");
  const [open, setOpen] = useState<Open>();
  const codes = useInfiniteQuery(qrCodes(organization.id, { query: asked, tag }));
  const [first] = codes.data?.pages ?? [];
  const list = codes.data?.pages.flatMap(({ items }) => items) ?? [];
  const close = () => setOpen(undefined);
  const isFiltered = asked !== "" || tag !== "";

  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        title={t.title}
        lead={t.lead}
        action={
          mayWrite && (
            <>
              <Button onClick={() => setOpen("csv")}>{texts.csv.action}</Button>
              <Button onClick={() => setOpen("bulk")}>{texts.bulk.action}</Button>
              <Button variant="primary" onClick={() => setOpen("create")}>
                {texts.create.action}
              </Button>
            </>
          )
        }
      />
      <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_14rem]">
        <SearchField label={t.search} help={t.searchHelp} value={typed} onChange={setTyped} />
        {first && first.tags.length > 0 && (
          <SelectField
            name="tag"
            label={t.tag}
            filter
            value={tag}
            error={undefined}
            onChange={setTag}
            options={[
              { value: "", label: t.allTags },
              ...first.tags.map((one) => ({ value: one, label: one })),
            ]}
          />
        )}
      </div>

      {!first ? (
        codes.isError ? (
          <ErrorState error={codes.error} retry={() => void codes.refetch()} />
        ) : (
          <Loading>
            <SkeletonLines count={8} />
          </Loading>
        )
      ) : list.length === 0 ? (
        <EmptyState
          title={isFiltered ? t.notFound : t.none}
          picture={<Icon of={isFiltered ? SearchX : QrIcon} size={32} />}
        >
          {isFiltered ? t.notFoundText : t.noneText}
        </EmptyState>
      ) : (
        <>
          <Codes key={organization.id} list={list} total={first.total} mayWrite={mayWrite} />
          {codes.hasNextPage && (
            <div>
              <Button
                pending={codes.isFetchingNextPage && t.loadingMore}
                onClick={() => void codes.fetchNextPage()}
              >
                {t.more}
              </Button>
            </div>
          )}
          <p className="measure text-sm text-muted">{texts.numbersHelp}</p>
        </>
      )}

      <CreateDialog open={open === "create"} onClose={close} />
      <BulkDialog open={open === "bulk"} onClose={close} />
      <CsvDialog open={open === "csv"} onClose={close} />
    </div>
  );
}

function Codes({ list, total, mayWrite }: { list: readonly QrCode[]; total: number; mayWrite: boolean }) {
  const texts = useTexts(qrTexts);
  const t = texts.list;
  const { count } = useFormats();
  const inWords = useTargetInWords();
  const [chosen, setChosen] = useState<ReadonlySet<string>>();
  const shown = chosen && list.filter(({ id }) => chosen.has(id)).map(({ id }) => id);

  function choose(id: string, isChosen: boolean) {
    setChosen(
      (before) => new Set([...(before ?? [])].filter((one) => one !== id).concat(isChosen ? [id] : [])),
    );
  }

  return (
    <div className="flex flex-col gap-3">
      <div className="flex min-h-11 flex-wrap items-center justify-between gap-3">
        <p role="status" className="text-muted">
          {shown ? t.selected(shown.length) : t.total(total)}
        </p>
        {mayWrite &&
          (shown ? (
            <div className="flex flex-wrap gap-2">
              <Button size="small" onClick={() => setChosen(new Set(list.map(({ id }) => id)))}>
                {t.selectAll}
              </Button>
              <Archive ids={shown} />
              <Switch ids={shown} isActive={false} done={() => setChosen(undefined)} />
              <Switch ids={shown} isActive done={() => setChosen(undefined)} />
              <Button size="small" variant="quiet" onClick={() => setChosen(undefined)}>
                {t.selectDone}
              </Button>
            </div>
          ) : (
            <Button size="small" onClick={() => setChosen(new Set())}>
              {t.selectMode}
            </Button>
          ))}
      </div>
      <Table
        caption={t.caption}
        rows={list}
        rowKey={({ id }) => id}
        columns={[
          {
            key: "name",
            title: t.name,
            cell: (code) => (
              <span className="flex items-start gap-3">
                {chosen && (
                  <input
                    type="checkbox"
                    aria-label={t.select(code.title)}
                    className="mt-0.5 size-5 shrink-0"
                    checked={chosen.has(code.id)}
                    onChange={(event) => choose(code.id, event.target.checked)}
                  />
                )}
                <span className="flex min-w-0 flex-col gap-0.5 text-left">
                  <Link to={`/dashboard/qr/${code.id}`} className="link wrap-anywhere">
                    {code.title || code.code}
                  </Link>
                  <span className="text-sm text-muted">
                    <span className="tabular-nums">{code.code}</span>
                    {!code.is_active && ` · ${t.off}`}
                    {code.tags.length > 0 && ` · ${code.tags.join(", ")}`}
                  </span>
                </span>
              </span>
            ),
          },
          {
            key: "target",
            title: t.target,
            cell: (code) => <span className="text-sm wrap-anywhere">{inWords(code)}</span>,
          },
          ...(["hits", "scans", "unique_visitors"] as const).map((name) => ({
            key: name,
            title: texts.numbers[name],
            align: "right" as const,
            cell: (code: QrCode) => <span className="tabular-nums">{count(code[name])}</span>,
          })),
        ]}
      />
    </div>
  );
}

/** The chosen codes, drawn, as one file. */
function Archive({ ids }: { ids: readonly string[] }) {
  const t = useTexts(qrTexts).list;
  const errors = useTexts(errorTexts);
  const { organization } = useOrganization();
  const [pending, setPending] = useState(false);

  async function download() {
    if (ids.length === 0) return;
    setPending(true);
    try {
      saveFile(await qrArchive(organization.id, ids, "png"), `qr-${organization.slug}.zip`);
    } catch (error) {
      toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setPending(false);
    }
  }

  return (
    <Button size="small" pending={pending && t.archiving} onClick={() => void download()}>
      {t.archive}
    </Button>
  );
}

/** Switches the chosen codes together. */
function Switch({ ids, isActive, done }: { ids: readonly string[]; isActive: boolean; done: () => void }) {
  const t = useTexts(qrTexts).list;
  const errors = useTexts(errorTexts);
  const { organization } = useOrganization();
  const queries = useQueryClient();
  const [pending, setPending] = useState(false);

  async function change() {
    if (ids.length === 0) return;
    setPending(true);
    try {
      await updateQrCodes(ids, { is_active: isActive });
      await queries.invalidateQueries({ queryKey: keys.qrCodes(organization.id) });
      toast(t.switched(ids.length));
      done();
    } catch (error) {
      toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setPending(false);
    }
  }

  return (
    <Button size="small" pending={pending && t.working} onClick={() => void change()}>
      {isActive ? t.switchOn : t.switchOff}
    </Button>
  );
}
