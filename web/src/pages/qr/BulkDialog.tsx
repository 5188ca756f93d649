import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import { createQrCodes } from "../../api/qr";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, TextareaField, TextField } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { fieldErrorTexts } from "../../i18n/errors";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { asFields } from "./CreateDialog";
import { linesOf } from "./lines";
import { noTarget, tagsOf, targetFaults, targetOf } from "./target";
import { TargetFields } from "./TargetFields";

const most = 200;

/** Makes a code for each line; all or none. */
export function BulkDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTexts(qrTexts).bulk;
  return (
    <Dialog open={open} onClose={onClose} title={t.title}>
      <BulkForm onClose={onClose} />
    </Dialog>
  );
}

function BulkForm({ onClose }: { onClose: () => void }) {
  const texts = useTexts(qrTexts);
  const t = texts.bulk;
  const faults: Partial<Record<string, string>> = useTexts(fieldErrorTexts);
  const { organization } = useOrganization();
  const queries = useQueryClient();
  /** Which line is wrong, and how: the field is one, the lines are many. */
  const [wrong, setWrong] = useState<string>();
  const form = useForm({
    initial: { names: "", ...noTarget, tags: "" },
    check: ({ names, ...target }) => ({
      ...(linesOf(names).length === 0
        ? { names: "required" }
        : linesOf(names).length > most
          ? { names: "too_many" }
          : {}),
      ...targetFaults(target),
    }),
    submit: async ({ names, tags, ...target }) => {
      const titles = linesOf(names);
      const shared = { ...targetOf(target), tags: tagsOf(tags) };
      const items = titles.map((title) => ({ title, ...shared }));
      try {
        await asFields(() => createQrCodes(organization.id, items));
      } catch (error) {
        const line =
          error instanceof ApiError ? error.fields.find(({ field }) => field === "title") : undefined;
        if (!line) throw error;
        setWrong(`${t.row(line.row ?? 1)}: ${faults[line.code] ?? line.code}`);
        throw new ApiError("invalid_input", { status: 422, fields: [{ field: "names", code: "line" }] });
      }
      await queries.invalidateQueries({ queryKey: keys.qrCodes(organization.id) });
      toast(t.done(titles.length));
      onClose();
    },
  });
  return (
    <Form form={form}>
      <TextareaField
        {...form.field("names")}
        label={t.names}
        help={t.namesHelp}
        rows={7}
        explain={{ too_many: t.tooMany, ...(wrong ? { line: wrong } : {}) }}
      />
      <TargetFields kind={form.field("kind")} url={form.field("url")} story={form.field("story")} />
      <TextField
        {...form.field("tags")}
        label={texts.create.tags}
        help={texts.create.tagsHelp}
        optional
        autoComplete="off"
      />
      <Button
        type="submit"
        variant="primary"
        pending={form.pending && t.submitting}
        className="sm:self-start"
      >
        {t.submit}
      </Button>
    </Form>
  );
}
