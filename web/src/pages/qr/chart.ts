/** Chart.js, as far as it is used: a page without a chart never loads it. */
import {
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";

Chart.register(CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip);

type Drawn = {
  labels: readonly string[];
  line: string;
  ink: string;
  series: readonly { name: string; values: readonly number[]; colour: string }[];
};

export function draw(canvas: HTMLCanvasElement, { labels, line, ink, series }: Drawn): Chart {
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return new Chart(canvas, {
    type: "line",
    data: {
      labels: [...labels],
      datasets: series.map(({ name, values, colour }) => ({
        label: name,
        data: [...values],
        borderColor: colour,
        backgroundColor: colour,
        borderWidth: 2,
        pointRadius: labels.length > 40 ? 0 : 3,
        pointHitRadius: 12,
      })),
    },
    options: {
      maintainAspectRatio: false,
      ...(isStill ? { animation: false as const } : {}),
      interaction: { mode: "index", intersect: false },
      plugins: { legend: { position: "bottom", labels: { color: ink, usePointStyle: true } } },
      scales: {
        x: { grid: { display: false }, ticks: { color: ink, maxRotation: 0, autoSkipPadding: 24 } },
        y: { beginAtZero: true, grid: { color: line }, ticks: { color: ink, precision: 0 } },
      },
    },
  });
}
