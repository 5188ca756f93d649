import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { qrTimeline, type QrBucket, type QrPeriod } from "../../api/qr";
import { keys } from "../../api/keys";
import { bucket } from "../../test/qr";
import { plain, show } from "../../test/show";
import { QRTimelineChart } from "./QRTimelineChart";
import { total } from "./timeline";

// There is nothing to draw upon here, which Chart.js says aloud. What is drawn is looked at in tests/web.
beforeEach(() => {
  vi.spyOn(console, "error").mockReturnValue();
});

const days = [bucket(10, 1200, 900, 800), bucket(11, 0), bucket(12, 7, 5, 3)];

function shown(list: QrBucket[], period: QrPeriod = "30d") {
  const onPeriod = vi.fn();
  const { container } = show(
    <QRTimelineChart
      timeline={qrTimeline("q1", period)}
      timeZone="Europe/Moscow"
      period={period}
      onPeriod={onPeriod}
    />,
    [[keys.qrTimeline("q1", period), list]],
  );
  return { onPeriod, text: () => plain(container.textContent) };
}

const rows = () =>
  within(screen.getByRole("table", { name: "Сканирования" }))
    .getAllByRole("row")
    .slice(1)
    .map((row) => plain([...row.children].map(({ textContent }) => textContent).join(" | ")));

describe("QRTimelineChart", () => {
  it("says the sums of its buckets, to the eye and to the ear", () => {
    const { text } = shown(days);
    expect(text()).toContain("Обращения1 207Сканирования905Посетители803");
    expect(plain(screen.getByRole("img").getAttribute("aria-label"))).toContain("«30 дней»: 905");
    expect(total(days, "hits")).toBe(1207);
  });

  it("shows the same numbers as a table: the newest first, by the organization's days, no empty ones", async () => {
    shown(days);
    await userEvent.click(screen.getByRole("button", { name: "Показать таблицей" }));
    expect(rows()).toEqual(["13 марта | 7 | 5 | 3", "11 марта | 1 200 | 900 | 800"]);
    expect(screen.queryByRole("img")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Показать графиком" }));
    expect(screen.getByRole("img")).toBeTruthy();
  });

  it("tells the hours of a week apart, and days of different years", async () => {
    shown(days, "7d");
    await userEvent.click(screen.getByRole("button", { name: "Показать таблицей" }));
    expect(rows()[0]).toContain("13 марта 2027, 00:00");
  });

  it("says when there is nothing to show, and passes on which period is wanted", async () => {
    const { onPeriod, text } = shown([bucket(10, 0)]);
    expect(text()).toContain("За этот период сканирований не было.");
    await userEvent.click(screen.getByRole("button", { name: "90\u00a0дней" }));
    expect(onPeriod).toHaveBeenCalledWith("90d");
  });
});
