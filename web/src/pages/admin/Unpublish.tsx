import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { touchedByReport, unpublishReport, type QueuedReport } from "../../api/reports";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, TextareaField } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { reportingTexts } from "../../i18n/reporting";

/** Takes a violation that was published by mistake off the organization's page; why, is asked before. */
export function Unpublish({ report, name }: { report: QueuedReport; name: string }) {
  const t = useTexts(reportingTexts).desk;
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button variant="danger" className="self-start" onClick={() => setAsking(true)}>
        {t.unpublish}
      </Button>
      {isAsking && <Question report={report} name={name} onClose={() => setAsking(false)} />}
    </>
  );
}

function Question({ report, name, onClose }: { report: QueuedReport; name: string; onClose: () => void }) {
  const t = useTexts(reportingTexts).desk;
  const c = useTexts(common);
  const queries = useQueryClient();
  const form = useForm({
    draft: `report-unpublish-${report.id}`,
    initial: { comment: "" },
    check: ({ comment }) => (comment.trim() === "" ? { comment: "required" } : {}),
    submit: async ({ comment }) => {
      await unpublishReport({ report_id: report.id, comment: comment.trim() });
      toast(t.unpublished);
      onClose();
      await Promise.all(touchedByReport(report).map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
  return (
    <Dialog open onClose={onClose} title={t.unpublishTitle}>
      <Form form={form}>
        <p>{t.unpublishText(name)}</p>
        <TextareaField
          {...form.field("comment")}
          label={t.unpublishWhy}
          help={t.unpublishWhyHelp}
          rows={4}
          maxLength={4000}
        />
        <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
          <Button onClick={onClose}>{c.cancel}</Button>
          <Button type="submit" variant="danger" pending={form.pending && t.unpublishing}>
            {t.unpublish}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
