import { useState } from "react";
import type { VerificationGuide } from "../../api/upgradeRequests";
import { SelectField } from "../../design/Form";
import { Card, Facts } from "../../design/Page";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { billingTexts } from "../../i18n/billing";
import { upgradeTexts } from "../../i18n/upgrade";
import { AskedPapers } from "./AskedPapers";

/** Before one applies: which papers, how long it takes, what B costs then. */
export function Guide({ guide }: { guide: VerificationGuide }) {
  const t = useTexts(upgradeTexts).guide;
  const b = useTexts(billingTexts);
  const { language } = useLocale();
  const { money } = useFormats();
  const [trade, setTrade] = useState(guide.trade ?? "other");
  const { median_hours: hours, promised_days } = guide.review;
  const prices = guide.plans.map(({ amount, currency, period }) =>
    b.plans.price(money(amount, currency), b.perPeriod[period]),
  );
  return (
    <Card className="flex flex-col gap-5">
      <h3 className="text-lg font-semibold">{t.title}</h3>
      <div className="max-w-sm">
        <SelectField
          name="trade"
          label={t.trade}
          filter
          value={trade}
          error={undefined}
          onChange={setTrade}
          options={guide.trades.map((each) => ({ value: each.trade, label: each.title[language] }))}
        />
      </div>
      <AskedPapers guide={guide} trade={trade} />
      <Facts
        items={[
          {
            name: t.time,
            value: hours === null ? t.promised(promised_days) : t.measured(hours, promised_days),
          },
          { name: t.price, value: t.then(prices.join(t.or)) },
        ]}
      />
    </Card>
  );
}
