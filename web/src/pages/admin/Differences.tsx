import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { resolveDifference, type Difference } from "../../api/adminPayments";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Form, TextareaField } from "../../design/Form";
import { toast } from "../../design/toast";
import { useForm } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { adminPaymentTexts } from "../../i18n/adminPayments";
import { common } from "../../i18n/common";
import { useTexts } from "../../i18n/dictionary";
import { Raw } from "./Raw";
import { keys } from "../../api/keys";

/** Open differences, each to be settled by a person. `isLinked`: with a way to the payment it is about. */
export function Differences({ list, isLinked }: { list: readonly Difference[]; isLinked: boolean }) {
  const t = useTexts(adminPaymentTexts).differences;
  const [asked, setAsked] = useState<Difference>();
  return (
    <>
      <ul className="flex flex-col">
        {list.map((difference) => (
          <li
            key={difference.id}
            className="flex flex-col gap-3 border-t border-line py-4 sm:flex-row sm:items-start sm:justify-between sm:gap-6"
          >
            <div className="flex min-w-0 flex-col gap-1">
              <p className="font-medium">{kindInWords(difference, t)}</p>
              <p className="text-sm break-all text-muted">{difference.object_id}</p>
              <p className="text-sm text-muted">
                {t.found} <DateTime at={difference.found_at} />
                {difference.last_seen_at !== difference.found_at && (
                  <>
                    {" · "}
                    {t.seen} <DateTime at={difference.last_seen_at} />
                  </>
                )}
              </p>
              <Raw value={difference.detail} />
            </div>
            <div className="flex shrink-0 flex-wrap gap-3">
              {isLinked && !difference.kind.startsWith("unknown_") && (
                <Link
                  to={`/admin/payments?q=${difference.object_id}`}
                  className="link inline-flex min-h-9 items-center text-sm"
                >
                  {t.payment}
                </Link>
              )}
              <Button size="small" onClick={() => setAsked(difference)}>
                {t.resolve} <span className="sr-only">{difference.object_id}</span>
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {asked && <Resolve difference={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}

export function kindInWords(
  { kind }: Pick<Difference, "kind">,
  t: { readonly kind: Readonly<Record<string, string>> },
): string {
  return t.kind[kind] ?? kind;
}

function Resolve({ difference, onClose }: { difference: Difference; onClose: () => void }) {
  const t = useTexts(adminPaymentTexts).differences;
  const c = useTexts(common);
  const queries = useQueryClient();
  const form = useForm({
    draft: `difference-${difference.id}`,
    initial: { resolution: "" },
    check: ({ resolution }): { resolution?: string } => (resolution.trim() ? {} : { resolution: "required" }),
    submit: async ({ resolution }) => {
      await resolveDifference(difference.id, resolution.trim());
      toast(t.resolved);
      onClose();
      await Promise.all([
        queries.invalidateQueries({ queryKey: keys.paymentDifferences() }),
        queries.invalidateQueries({ queryKey: keys.adminPayment() }),
      ]);
    },
  });
  return (
    <Dialog open onClose={onClose} title={t.resolveTitle}>
      <p className="wrap-anywhere">{t.resolveText(kindInWords(difference, t), difference.object_id)}</p>
      <Form form={form}>
        <TextareaField {...form.field("resolution")} label={t.resolution} help={t.resolutionHelp} rows={3} />
        <div className="flex flex-col-reverse gap-3 sm:flex-row sm:justify-end">
          <Button onClick={onClose}>{c.cancel}</Button>
          <Button type="submit" variant="primary" pending={form.pending && t.pending}>
            {t.action}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
