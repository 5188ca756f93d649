import { cloneElement, useState, type ReactElement, type ReactNode } from "react";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { toast } from "./toast";

export type MenuItem = {
  key: string;
  label: ReactNode;
  icon?: ReactNode;
  /** Marks what is chosen now. */
  current?: boolean;
  /** A line above. */
  apart?: boolean;
} & ({ to: string } | { onSelect: () => void });

export type MenuParts = {
  /** The button element itself. */
  trigger: ReactElement<React.ComponentProps<"button">>;
  items: readonly MenuItem[];
  align?: "start" | "end";
};

type Part = typeof import("./OpenMenu").OpenMenu;

let part: Part | undefined;
const load = async () => (part ??= (await import("./OpenMenu")).OpenMenu);

/** A button that opens a short list. The list's code is loaded when the button is first reached for. */
export function Menu(parts: MenuParts) {
  const t = useTexts(common);
  const [opened, setOpened] = useState<{ Part: Part } | undefined>();
  if (opened) return <opened.Part {...parts} isOpenAtFirst />;

  const reach = () => void load().catch(() => undefined);
  const open = () =>
    void load().then(
      (Part) => setOpened({ Part }),
      () => toast(t.notLoaded.title),
    );
  return cloneElement(parts.trigger, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onPointerEnter: reach,
    onFocus: reach,
    onClick: open,
    onKeyDown: (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      open();
    },
  });
}
