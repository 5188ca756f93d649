import { Check } from "lucide-react";
import { Content, Item, Portal, Root, Separator, Trigger } from "@radix-ui/react-dropdown-menu";
import { Link } from "react-router";
import { Icon } from "./Icon";
import type { MenuParts } from "./Menu";

/** A menu that is open, or was. `trigger` is the button element itself. */
export function OpenMenu({
  trigger,
  items,
  align = "end",
  isOpenAtFirst,
}: MenuParts & { isOpenAtFirst: boolean }) {
  return (
    // Not modal: Radix would lock the scrolling with a style element, which our CSP refuses.
    <Root modal={false} defaultOpen={isOpenAtFirst}>
      <Trigger asChild>{trigger}</Trigger>
      <Portal>
        <Content
          align={align}
          sideOffset={6}
          collisionPadding={16}
          className="z-20 max-w-[calc(100vw-2rem)] min-w-52 rounded-md border border-line bg-raised p-1 text-ink shadow-float"
        >
          {items.map((item) => {
            const content = (
              <>
                {item.icon}
                <span className="min-w-0 flex-1">{item.label}</span>
                {item.current && <Icon of={Check} size={18} />}
              </>
            );
            const look =
              "flex min-h-11 cursor-pointer items-center gap-3 rounded-sm px-3 py-2 no-underline outline-none data-highlighted:bg-sunken";
            return (
              <div key={item.key} role="none">
                {item.apart && <Separator className="my-1 h-px bg-line" />}
                {"to" in item ? (
                  <Item asChild className={look}>
                    <Link to={item.to} aria-current={item.current ? "true" : undefined}>
                      {content}
                    </Link>
                  </Item>
                ) : (
                  <Item className={look} onSelect={item.onSelect}>
                    {content}
                  </Item>
                )}
              </div>
            );
          })}
        </Content>
      </Portal>
    </Root>
  );
}
