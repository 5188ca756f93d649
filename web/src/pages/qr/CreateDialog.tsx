import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { ApiError, asApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import { createQrCodes } from "../../api/qr";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, TextField } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { noTarget, tagsOf, targetFaults, targetOf } from "./target";
import { TargetFields } from "./TargetFields";

/** Makes one code, and opens it. */
export function CreateDialog(props: { open: boolean; onClose: () => void }) {
  const t = useTexts(qrTexts).create;
  return (
    <Dialog {...props} title={t.title}>
      <CreateForm />
    </Dialog>
  );
}

function CreateForm() {
  const t = useTexts(qrTexts).create;
  const { organization } = useOrganization();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    initial: { title: "", ...noTarget, tags: "" },
    check: ({ title, ...target }) => ({
      ...(title.trim() ? {} : { title: "required" }),
      ...targetFaults(target),
    }),
    submit: async ({ title, tags, ...target }) => {
      const [made] = await asFields(() =>
        createQrCodes(organization.id, [{ title, ...targetOf(target), tags: tagsOf(tags) }]),
      );
      await queries.invalidateQueries({ queryKey: keys.qrCodes(organization.id) });
      toast(t.done);
      if (made) await navigate(`/dashboard/qr/${made.id}`);
    },
  });
  return (
    <Form form={form}>
      <TextField
        {...form.field("title")}
        label={t.name}
        help={t.nameHelp}
        autoComplete="off"
        maxLength={120}
      />
      <TargetFields kind={form.field("kind")} url={form.field("url")} story={form.field("story")} />
      <TextField {...form.field("tags")} label={t.tags} help={t.tagsHelp} optional autoComplete="off" />
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

/** The database's names of what is wrong, as the forms here name their fields. */
export async function asFields<Result>(ask: () => Promise<Result>): Promise<Result> {
  const names: Partial<Record<string, string>> = {
    target_url: "url",
    target_kind: "kind",
    story_id: "story",
  };
  try {
    return await ask();
  } catch (error) {
    const failure = asApiError(error);
    if (failure.fields.length === 0) throw failure;
    throw new ApiError(failure.code, {
      status: failure.status,
      fields: failure.fields.map((one) => ({ ...one, field: names[one.field] ?? one.field })),
    });
  }
}
