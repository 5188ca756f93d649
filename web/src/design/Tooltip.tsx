import { Content, Portal, Provider, Root, Trigger } from "@radix-ui/react-tooltip";
import { useState, type ReactNode } from "react";

/**
 * A hint for the pointer, the keyboard and the finger: a tap opens it too, which a plain tooltip does not do.
 * The child is what is pointed at; it must not be a button or a link itself.
 */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <Provider delayDuration={200}>
      <Root open={open} onOpenChange={setOpen}>
        <Trigger
          type="button"
          className="inline-flex min-h-6 max-w-full cursor-help items-center text-left"
          // Radix closes on press; here a press opens it for a finger and keeps it open for a mouse.
          onPointerDown={(event) => event.preventDefault()}
          onClick={(event) => {
            event.preventDefault();
            setOpen(true);
          }}
        >
          {children}
        </Trigger>
        <Portal>
          <Content
            sideOffset={6}
            collisionPadding={16}
            className="z-40 max-w-72 rounded-md bg-ink px-3 py-2 text-sm text-paper shadow-float"
          >
            {text}
          </Content>
        </Portal>
      </Root>
    </Provider>
  );
}
