import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, Download } from "lucide-react";
import { useState } from "react";
import { useParams } from "react-router";
import { asApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import { mayActAs } from "../../api/organizations";
import {
  qrCode,
  qrScansFile,
  qrTargetChanges,
  qrTimeline,
  updateQrCodes,
  type QrCode,
  type QrPeriod,
  type QrTargetChange,
} from "../../api/qr";
import { Button } from "../../design/Button";
import { Form, TextField } from "../../design/Form";
import { Icon } from "../../design/Icon";
import { PageHeader, Section } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { common as commonTexts } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { saveFile } from "../../shared/saveFile";
import { Breakdown } from "./Breakdown";
import { asFields } from "./CreateDialog";
import { QRCustomizer } from "./QRCustomizer";
import { QRTimelineChart } from "./QRTimelineChart";
import { tagsOf, targetFaults, targetOf, useTargetInWords } from "./target";
import { TargetFields } from "./TargetFields";

/** One code: what is printed, where it leads, and who scanned it. */
export function QrCodePage() {
  const { id = "" } = useParams();
  const { organization } = useOrganization();
  const code = useQuery(qrCode(organization.id, id));
  return (
    <Loaded query={code} skeleton={<SkeletonLines count={10} />}>
      {(one) => <Code key={one.id} code={one} />}
    </Loaded>
  );
}

function Code({ code }: { code: QrCode }) {
  const texts = useTexts(qrTexts);
  const t = texts.code;
  const { role, timeZone } = useOrganization();
  const mayWrite = mayActAs(role, "editor");
  const [period, setPeriod] = useState<QrPeriod>("30d");
  return (
    <div className="flex flex-col gap-12">
      <PageHeader
        title={code.title || code.code}
        trail={[{ to: "/dashboard/qr", label: texts.list.title }]}
        state={<p className="text-muted">{code.code}</p>}
      />
      <div className="grid gap-x-8 gap-y-12 lg:grid-cols-2">
        <Section title={t.printed}>
          <Printed url={code.url} />
          <State code={code} mayWrite={mayWrite} />
        </Section>
        {mayWrite && (
          <Section title={t.settings}>
            <Settings code={code} />
          </Section>
        )}
      </div>
      <Section title={texts.style.title}>
        <QRCustomizer code={code} mayWrite={mayWrite} />
      </Section>
      <Section title={t.scans} action={<DownloadScans id={code.id} period={period} />}>
        <QRTimelineChart
          timeline={qrTimeline(code.id, period)}
          timeZone={timeZone}
          period={period}
          onPeriod={setPeriod}
        />
        <p className="measure text-sm text-muted">{texts.numbersHelp}</p>
      </Section>
      <Section title={t.who}>
        <Breakdown id={code.id} period={period} />
      </Section>
      <Section title={t.history}>
        <History id={code.id} />
      </Section>
    </div>
  );
}

function Printed({ url }: { url: string }) {
  const t = useTexts(qrTexts).code;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <code className="wrap-anywhere">{url}</code>
      <Button
        size="small"
        icon={<Icon of={Copy} size={18} />}
        onClick={() => void navigator.clipboard.writeText(url).then(() => toast(t.copied))}
      >
        {t.copy}
      </Button>
    </div>
  );
}

function State({ code, mayWrite }: { code: QrCode; mayWrite: boolean }) {
  const t = useTexts(qrTexts).code;
  const errors = useTexts(errorTexts);
  const refresh = useRefresh(code.id);
  const [pending, setPending] = useState(false);

  async function change(isActive: boolean) {
    setPending(true);
    try {
      await updateQrCodes([code.id], { is_active: isActive });
      await refresh();
      toast(isActive ? t.switchedOn : t.switchedOff, { undo: () => void change(!isActive) });
    } catch (error) {
      toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setPending(false);
    }
  }

  return (
    <div className="flex flex-wrap items-center gap-3">
      <p role="status">{code.is_active ? t.on : t.off}</p>
      {mayWrite && (
        <Button size="small" pending={pending && t.working} onClick={() => void change(!code.is_active)}>
          {code.is_active ? t.switchOff : t.switchOn}
        </Button>
      )}
    </div>
  );
}

function useRefresh(id: string) {
  const queries = useQueryClient();
  const { organization } = useOrganization();
  return async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: keys.qrCode(id) }),
      queries.invalidateQueries({ queryKey: keys.qrCodes(organization.id) }),
    ]);
  };
}

function Settings({ code }: { code: QrCode }) {
  const texts = useTexts(qrTexts);
  const t = texts.code;
  const refresh = useRefresh(code.id);
  const form = useForm({
    initial: {
      title: code.title,
      kind: code.target_kind,
      url: code.target_url ?? "",
      story: code.story_id ?? "",
      tags: code.tags.join(", "),
    },
    check: ({ title, ...target }) => ({
      ...(title.trim() ? {} : { title: "required" }),
      ...targetFaults(target),
    }),
    submit: async ({ title, tags, ...target }) => {
      const leads = { target_url: null, story_id: null, ...targetOf(target) };
      await asFields(() => updateQrCodes([code.id], { title: title.trim(), tags: tagsOf(tags), ...leads }));
      await refresh();
      toast(t.saved);
    },
  });
  return (
    <Form form={form}>
      <TextField
        {...form.field("title")}
        label={texts.create.name}
        help={texts.create.nameHelp}
        autoComplete="off"
        maxLength={120}
      />
      <TargetFields kind={form.field("kind")} url={form.field("url")} story={form.field("story")} />
      <TextField
        {...form.field("tags")}
        label={texts.create.tags}
        help={texts.create.tagsHelp}
        optional
        autoComplete="off"
        explain={texts.tags.faults}
      />
      <SaveButton pending={form.pending} />
    </Form>
  );
}

function SaveButton({ pending }: { pending: boolean }) {
  const { save, saving } = useTexts(commonTexts);
  return (
    <Button type="submit" variant="primary" pending={pending && saving} className="sm:self-start">
      {save}
    </Button>
  );
}

function DownloadScans({ id, period }: { id: string; period: QrPeriod }) {
  const t = useTexts(qrTexts).code;
  const errors = useTexts(errorTexts);
  const [pending, setPending] = useState(false);

  async function download() {
    setPending(true);
    try {
      saveFile(await qrScansFile(id, period), `scans-${period}.csv`);
    } catch (error) {
      toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setPending(false);
    }
  }

  return (
    <Button
      size="small"
      icon={<Icon of={Download} size={18} />}
      pending={pending && t.downloading}
      onClick={() => void download()}
    >
      {t.download}
    </Button>
  );
}

function History({ id }: { id: string }) {
  const t = useTexts(qrTexts).code;
  const changes = useQuery(qrTargetChanges(id));
  return (
    <Loaded query={changes} skeleton={<SkeletonLines count={2} />}>
      {(list) =>
        list.length === 0 ? <p className="text-muted">{t.historyNone}</p> : <Changes list={list} />
      }
    </Loaded>
  );
}

function Changes({ list }: { list: readonly QrTargetChange[] }) {
  const t = useTexts(qrTexts).code;
  const { timeZone } = useOrganization();
  const led = list.map((one) => ({
    id: one.id,
    changed_at: one.changed_at,
    from: { target_kind: one.from_kind, target_url: one.from_url, story_id: one.from_story_id },
    to: { target_kind: one.to_kind, target_url: one.to_url, story_id: one.to_story_id },
  }));
  const inWords = useTargetInWords(led.flatMap(({ from, to }) => [from, to]));
  return (
    <ul className="flex flex-col border-t border-line">
      {led.map(({ id, changed_at, from, to }) => (
        <li key={id} className="flex flex-col gap-1 border-b border-line py-3">
          <span className="wrap-anywhere">{t.change(inWords(from), inWords(to))}</span>
          <span className="text-sm text-muted">
            <DateTime at={changed_at} timeZone={timeZone} />
          </span>
        </li>
      ))}
    </ul>
  );
}
