/** By what a table is sorted, and which way. */
import { dictionary } from "./dictionary";

export const sortingTexts = dictionary(
  {
    label: "Порядок",
    option: (column: string, way: string) => `${column}: ${way}`,
    way: {
      text: { up: "от А до Я", down: "от Я до А" },
      time: { up: "сначала старые", down: "сначала новые" },
      number: { up: "сначала меньше", down: "сначала больше" },
      rank: { up: "сначала старшие", down: "сначала младшие" },
    },
  },
  {
    label: "Order",
    option: (column, way) => `${column}: ${way}`,
    way: {
      text: { up: "A to Z", down: "Z to A" },
      time: { up: "oldest first", down: "newest first" },
      number: { up: "smallest first", down: "largest first" },
      rank: { up: "highest first", down: "lowest first" },
    },
  },
);
