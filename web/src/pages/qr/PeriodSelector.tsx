import { qrPeriods, type QrPeriod } from "../../api/qr";
import { Button } from "../../design/Button";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";

/** How far back scans are shown. */
export function PeriodSelector({
  period,
  onPeriod,
}: {
  period: QrPeriod;
  onPeriod: (period: QrPeriod) => void;
}) {
  const t = useTexts(qrTexts).chart;
  return (
    <div role="group" aria-label={t.period} className="flex flex-wrap gap-1">
      {qrPeriods.map((one) => (
        <Button
          key={one}
          size="small"
          variant={one === period ? "secondary" : "quiet"}
          aria-pressed={one === period}
          onClick={() => onPeriod(one)}
        >
          {t.periods[one]}
        </Button>
      ))}
    </div>
  );
}
