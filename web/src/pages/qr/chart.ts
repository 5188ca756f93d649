/** Chart.js, as far as it is used: a page without a chart never loads it. */
import {
  CategoryScale,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";

Chart.register(CategoryScale, LinearScale, LineController, LineElement, PointElement, Tooltip);

type Drawn = {
  labels: readonly string[];
  line: string;
  ink: string;
  font: string;
  series: readonly { name: string; values: readonly number[]; colour: string }[];
};

export function draw(canvas: HTMLCanvasElement, { labels, line, ink, font, series }: Drawn): Chart {
  const ticks = { color: ink, font: { family: font, size: 12 } };
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return new Chart(canvas, {
    type: "line",
    data: {
      labels: [...labels],
      datasets: series.map(({ name, values, colour }, index) => ({
        label: name,
        data: [...values],
        borderColor: colour,
        backgroundColor: colour,
        borderWidth: 2,
        // Lines lie upon each other where the numbers are the same: the upper ones let the lower ones through.
        borderDash: index === 0 ? [] : [6, 4 * index],
        order: -index,
        pointRadius: labels.length > 40 ? 0 : 2,
        pointHitRadius: 12,
      })),
    },
    options: {
      maintainAspectRatio: false,
      ...(isStill ? { animation: false as const } : {}),
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { grid: { display: false }, ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 24 } },
        y: {
          beginAtZero: true,
          border: { display: false },
          grid: { color: line },
          ticks: { ...ticks, precision: 0 },
        },
      },
    },
  });
}
