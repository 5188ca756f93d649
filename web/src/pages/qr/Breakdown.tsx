import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { qrBreakdown, qrDimensions, type QrDimension, type QrPeriod, type QrShare } from "../../api/qr";
import { SelectField } from "../../design/Form";
import { Loaded, SkeletonLines } from "../../design/States";
import { Table } from "../../design/Table";
import { useTexts } from "../../i18n/dictionary";
import { useFormats } from "../../i18n/format";
import { useLocale } from "../../i18n/locale";
import { qrTexts } from "../../i18n/qr";
import { numbers } from "./timeline";

/** Who scanned a code, by one kind at a time. */
export function Breakdown({ id, period }: { id: string; period: QrPeriod }) {
  const texts = useTexts(qrTexts);
  const t = texts.breakdown;
  const { count, percent } = useFormats();
  const [dimension, setDimension] = useState<QrDimension>("device");
  const inWords = useValueInWords(dimension);
  const shares = useQuery(qrBreakdown(id, period, dimension));
  return (
    <div className="flex flex-col gap-4">
      <div className="max-w-xs">
        <SelectField
          name="dimension"
          label={t.dimension}
          filter
          value={dimension}
          error={undefined}
          onChange={setDimension}
          options={qrDimensions.map((value) => ({ value, label: t.dimensions[value] }))}
        />
      </div>
      <Loaded query={shares} skeleton={<SkeletonLines count={4} />}>
        {(list) =>
          list.length === 0 ? (
            <p className="text-muted">{t.none}</p>
          ) : (
            <Table
              caption={t.dimensions[dimension]}
              rows={list}
              rowKey={({ value }) => value ?? ""}
              columns={[
                {
                  key: "value",
                  title: t.dimensions[dimension],
                  cell: ({ value }: QrShare) => inWords(value),
                },
                ...numbers.map((name) => ({
                  key: name,
                  title: texts.numbers[name],
                  align: "right" as const,
                  cell: (share: QrShare) => <span className="tabular-nums">{count(share[name])}</span>,
                })),
                {
                  key: "share",
                  title: t.share,
                  align: "right" as const,
                  cell: ({ share }: QrShare) => <span className="tabular-nums">{percent(share)}</span>,
                },
              ]}
            />
          )
        }
      </Loaded>
    </div>
  );
}

function useValueInWords(dimension: QrDimension) {
  const t = useTexts(qrTexts).breakdown;
  const { language } = useLocale();
  const devices: Partial<Record<string, string>> = t.devices;
  const bots: Partial<Record<string, string>> = t.bots;
  return (value: string | null): string => {
    if (value === null) return dimension === "bot" ? t.people : t.unknown;
    if (dimension === "device") return devices[value] ?? value;
    if (dimension === "bot") return bots[value] ?? value;
    if (dimension === "country")
      return new Intl.DisplayNames(language, { type: "region" }).of(value) ?? value;
    return value;
  };
}
