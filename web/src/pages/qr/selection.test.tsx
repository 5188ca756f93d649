import { act, renderHook, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { code } from "../../test/qr";
import { inOrganization } from "../../test/organization";
import { show } from "../../test/show";
import { useSelection } from "./selection";
import { SelectionBar } from "./SelectionBar";
import { TagsDialog } from "./TagsDialog";

const [honey, wax] = [code({ id: "honey", tags: ["мёд", "2026"] }), code({ id: "wax", tags: ["воск"] })];

describe("the selection mode", () => {
  it("begins with nothing chosen, and forgets what was chosen at its end", () => {
    const { result } = renderHook(() => useSelection([honey, wax]));
    expect(result.current.ids).toBeUndefined();
    act(() => result.current.begin());
    expect(result.current.ids).toEqual([]);
    act(() => result.current.choose("wax", true));
    act(() => result.current.choose("honey", true));
    act(() => result.current.choose("wax", false));
    expect(result.current.ids).toEqual(["honey"]);
    act(() => result.current.chooseAll());
    expect(result.current.ids).toEqual(["honey", "wax"]);
    act(() => result.current.end());
    act(() => result.current.begin());
    expect(result.current.ids).toEqual([]);
  });

  it("holds only what is shown: a search narrows what is acted on", () => {
    const { result, rerender } = renderHook(({ list }) => useSelection(list), {
      initialProps: { list: [honey, wax] },
    });
    act(() => result.current.begin());
    act(() => result.current.chooseAll());
    rerender({ list: [wax] });
    expect(result.current.ids).toEqual(["wax"]);
  });

  it("offers to act once something is chosen", () => {
    const selection = {
      ids: [],
      begin: vi.fn(),
      end: vi.fn(),
      chooseAll: vi.fn(),
      chooseNone: vi.fn(),
      choose: vi.fn(),
    };
    show(inOrganization(<SelectionBar list={[honey, wax]} selection={selection} />));
    for (const name of ["Скачать ZIP", "Метки", "Отключить", "Включить"])
      expect(screen.getByRole<HTMLButtonElement>("button", { name }).disabled, name).toBe(true);
    expect(screen.getByRole("button", { name: "Выбрать показанные" })).toBeTruthy();
  });
});

describe("the tags of what is chosen", () => {
  it("are given and taken together", async () => {
    const [change, onClose] = [vi.fn(() => Promise.resolve()), vi.fn()];
    show(<TagsDialog open onClose={onClose} count={2} tags={["мёд", "воск"]} change={change} />);
    await userEvent.click(screen.getByRole("button", { name: "Сохранить" }));
    expect(change).not.toHaveBeenCalled();
    expect(screen.getByText("Добавьте или уберите хотя бы одну метку.")).toBeTruthy();
    await userEvent.type(screen.getByLabelText("Добавить метки"), "ярмарка, , 2027");
    await userEvent.click(screen.getByLabelText("воск"));
    await userEvent.click(screen.getByRole("button", { name: "Сохранить" }));
    expect(change).toHaveBeenCalledExactlyOnceWith({ add: ["ярмарка", "2027"], remove: ["воск"] });
    expect(onClose).toHaveBeenCalledOnce();
  });
});
