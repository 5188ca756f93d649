import type { ReactNode } from "react";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Form, TextField } from "./Form";
import { useForm } from "./useForm";

/** Asks before something that cannot be done by mistake: the thing's name has to be typed. */
export function TypedConfirmDialog(question: {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What will follow. */
  children: ReactNode;
  label: string;
  /** Says what to type. */
  help: string;
  expected: string;
  /** What is said when something else was typed. */
  mismatch: string;
  action: string;
  pendingText: string;
  onConfirm: () => Promise<unknown>;
}) {
  return (
    <Dialog open={question.open} onClose={question.onClose} title={question.title}>
      <div>{question.children}</div>
      <Question {...question} />
    </Dialog>
  );
}

function Question({
  onClose,
  label,
  help,
  expected,
  mismatch,
  action,
  pendingText,
  onConfirm,
}: Parameters<typeof TypedConfirmDialog>[0]) {
  const t = useTexts(common);
  const form = useForm({
    initial: { confirmation: "" },
    check: ({ confirmation }): { confirmation?: string } =>
      confirmation.trim() === ""
        ? { confirmation: "required" }
        : confirmation.trim() !== expected.trim()
          ? { confirmation: "mismatch" }
          : {},
    submit: async () => {
      await onConfirm();
      onClose();
    },
  });
  return (
    <Form form={form}>
      <TextField
        {...form.field("confirmation")}
        label={label}
        help={help}
        explain={{ mismatch, not_the_address: mismatch }}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
      />
      <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
        <Button onClick={onClose}>{t.cancel}</Button>
        <Button type="submit" variant="danger" pending={form.pending && pendingText}>
          {action}
        </Button>
      </div>
    </Form>
  );
}
