import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { MemoryRouter, useLocation } from "react-router";
import { describe, expect, it } from "vitest";
import { queryClient } from "../shared/queryClient";
import { useSorting } from "./sorting";
import { Table } from "./Table";

type Person = { id: string; name: string; since: string; rank: number };
const people: Person[] = [
  { id: "1", name: "Яна", since: "2026-03-01T09:00:00.5+00:00", rank: 0 },
  { id: "2", name: "Ёлка 10", since: "2026-03-01T09:00:00.25+00:00", rank: 2 },
  { id: "3", name: "ель", since: "2026-01-01T09:00:00+00:00", rank: 1 },
  { id: "4", name: "Ёлка 9", since: "2026-02-01T09:00:00+00:00", rank: 1 },
];

function People() {
  const sorting = useSorting("rank", ["name", "since", "rank"]);
  return (
    <>
      <Table
        caption="Люди"
        rows={people}
        rowKey={({ id }) => id}
        sorting={sorting}
        columns={[
          {
            key: "name",
            title: "Имя",
            sort: { kind: "text", value: ({ name }) => name },
            cell: ({ name }) => name,
          },
          {
            key: "since",
            title: "С",
            sort: { kind: "time", value: ({ since }) => Date.parse(since) },
            cell: ({ since }) => since,
          },
          {
            key: "rank",
            title: "Роль",
            sort: { kind: "rank", value: ({ rank }) => rank },
            cell: ({ rank }) => rank,
          },
          { key: "does", title: "Действия", cell: () => "—" },
        ]}
      />
      <output>{useLocation().search}</output>
    </>
  );
}

function open(address = "/") {
  render(
    <QueryClientProvider client={queryClient}>
      <MemoryRouter initialEntries={[address]}>
        <People />
      </MemoryRouter>
    </QueryClientProvider>,
  );
}

const shown = () =>
  screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => within(row).getAllByRole("cell")[0]?.textContent);
/** The title and, from a certain width on, the button in its place: here, without styles, both are there. */
function head(name: string): HTMLElement {
  const found = screen
    .getAllByRole("columnheader")
    .find(({ textContent }) => textContent === name || textContent === name + name);
  if (!found) throw new Error(`no column ${name}`);
  return found;
}

describe("a table that is sorted", () => {
  it("begins with what is usual, says so, and leaves what is equal as it was", () => {
    open();
    expect(shown()).toEqual(["Яна", "ель", "Ёлка 9", "Ёлка 10"]);
    expect(head("Роль").getAttribute("aria-sort")).toBe("ascending");
    expect(head("Имя").getAttribute("aria-sort")).toBeNull();
    expect(within(head("Действия")).queryByRole("button")).toBeNull();
    expect(screen.getByRole("status").textContent).toBe("");
  });

  it("goes by words and numbers as people read them, and turns round", async () => {
    open();
    await userEvent.click(within(head("Имя")).getByRole("button"));
    expect(shown()).toEqual(["Ёлка 9", "Ёлка 10", "ель", "Яна"]);
    expect(head("Имя").getAttribute("aria-sort")).toBe("ascending");
    expect(screen.getByRole("status").textContent).toBe("?sort=name");
    await userEvent.keyboard("{Enter}");
    expect(shown()).toEqual(["Яна", "ель", "Ёлка 10", "Ёлка 9"]);
    expect(head("Имя").getAttribute("aria-sort")).toBe("descending");
    expect(document.activeElement).toBe(within(head("Имя")).getByRole("button"));
  });

  it("begins with the newest, by the moment and not by how it is written", async () => {
    open("/?page=2");
    await userEvent.click(within(head("С")).getByRole("button"));
    expect(shown()).toEqual(["Яна", "Ёлка 10", "Ёлка 9", "ель"]);
    expect(screen.getByRole("status").textContent).toBe("?page=2&sort=-since");
  });

  it("is sorted as its address says, and as usual where that is nonsense", () => {
    open("/?sort=-name");
    expect(shown()[0]).toBe("Яна");
    expect(head("Имя").getAttribute("aria-sort")).toBe("descending");
  });

  it.each(["/?sort=does", "/?sort=--name", "/?sort="])("is sorted as usual at %s", (address) => {
    open(address);
    expect(head("Роль").getAttribute("aria-sort")).toBe("ascending");
  });

  it("is sorted by a list of choices where it has no head", async () => {
    open();
    const choices = screen.getByRole("combobox", { name: "Порядок" });
    expect((choices as HTMLSelectElement).value).toBe("rank");
    await userEvent.selectOptions(choices, "Имя: от Я до А");
    expect(shown()[0]).toBe("Яна");
    await userEvent.selectOptions(choices, "Роль: сначала старшие");
    expect(screen.getByRole("status").textContent).toBe("");
  });
});
