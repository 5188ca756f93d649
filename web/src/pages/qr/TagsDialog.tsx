import { useState } from "react";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { CheckboxField, Form, TextField } from "../../design/Form";
import { useForm } from "../../design/useForm";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";
import { asFields } from "./CreateDialog";
import { tagsOf } from "./target";

export type TagChange = { add: string[]; remove: string[] };

/** Gives the chosen codes tags, and takes from them some that they have. */
export function TagsDialog({
  open,
  onClose,
  count,
  tags,
  change,
}: {
  open: boolean;
  onClose: () => void;
  /** How many codes are chosen. */
  count: number;
  /** What at least one of them has. */
  tags: readonly string[];
  change: (tags: TagChange) => Promise<unknown>;
}) {
  const t = useTexts(qrTexts).tags;
  return (
    <Dialog open={open} onClose={onClose} title={t.title(count)}>
      <TagsForm tags={tags} change={change} onClose={onClose} />
    </Dialog>
  );
}

function TagsForm({
  tags,
  change,
  onClose,
}: {
  tags: readonly string[];
  change: (tags: TagChange) => Promise<unknown>;
  onClose: () => void;
}) {
  const texts = useTexts(qrTexts);
  const t = texts.tags;
  const { save, saving } = useTexts(common);
  const [removed, setRemoved] = useState<ReadonlySet<string>>(new Set());
  const form = useForm({
    initial: { tags: "" },
    check: ({ tags: typed }) =>
      tagsOf(typed).length === 0 && removed.size === 0 ? { tags: "required" } : {},
    submit: async ({ tags: typed }) => {
      await asFields(() => change({ add: tagsOf(typed), remove: [...removed] }));
      onClose();
    },
  });
  return (
    <Form form={form}>
      <TextField
        {...form.field("tags")}
        label={t.add}
        help={texts.create.tagsHelp}
        filter
        autoComplete="off"
        explain={t.faults}
      />
      {tags.length > 0 && (
        <fieldset className="flex flex-col gap-2">
          <legend className="pb-2 font-medium">{t.remove}</legend>
          {tags.map((tag) => (
            <CheckboxField
              key={tag}
              name="remove"
              label={tag}
              value={removed.has(tag)}
              error={undefined}
              onChange={(isRemoved) =>
                setRemoved(
                  (before) =>
                    new Set(isRemoved ? [...before, tag] : [...before].filter((one) => one !== tag)),
                )
              }
            />
          ))}
        </fieldset>
      )}
      <Button type="submit" variant="primary" pending={form.pending && saving} className="sm:self-start">
        {save}
      </Button>
    </Form>
  );
}
