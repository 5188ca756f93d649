import { useAppealStory, type Story } from "../../api/stories";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, TextareaField } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { useTexts } from "../../i18n/dictionary";
import { storyTexts } from "../../i18n/stories";

/** Asks another moderator to read what was rejected. */
export function AppealDialog({ open, onClose, story }: { open: boolean; onClose: () => void; story: Story }) {
  const t = useTexts(storyTexts).mine;
  return (
    <Dialog open={open} onClose={onClose} title={t.appealTitle}>
      <AppealForm story={story} onDone={onClose} />
    </Dialog>
  );
}

function AppealForm({ story, onDone }: { story: Story; onDone: () => void }) {
  const t = useTexts(storyTexts).mine;
  const appeal = useAppealStory(story.organization_id);
  const form = useForm({
    draft: `appeal-${story.id}`,
    initial: { message: "" },
    check: ({ message }): { message?: string } => (message.trim() ? {} : { message: "required" }),
    submit: async ({ message }) => {
      await appeal(story.id, message.trim());
      toast(t.appealed);
      onDone();
    },
  });
  return (
    <Form form={form}>
      <p className="text-muted">{t.appealText}</p>
      <TextareaField {...form.field("message")} label={t.appealLabel} rows={5} maxLength={2000} />
      <Button type="submit" variant="primary" pending={form.pending && t.appealing}>
        {t.appeal}
      </Button>
    </Form>
  );
}
