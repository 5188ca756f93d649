import { useEffect, useId, useLayoutEffect, useRef, useState, type ReactNode } from "react";

/** After the pointer has come to rest, and long enough after it has left to reach the hint itself. */
const [beforeOpening, beforeClosing] = [200, 150];

/**
 * A hint for the pointer, the keyboard and the finger: a tap opens it too, which a plain tooltip does not do. The browser's
 * own popover, which closes on Escape and on a press elsewhere. The child is what is pointed at; it must not be a button or a
 * link itself.
 */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const timer = useRef<number>(undefined);
  const [isOpen, setOpen] = useState(false);

  function soon(open: boolean) {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setOpen(open), open ? beforeOpening : beforeClosing);
  }
  function now(open: boolean) {
    clearTimeout(timer.current);
    setOpen(open);
  }
  useEffect(() => () => clearTimeout(timer.current), []);

  // A finger has no place to come from or to leave for.
  const byPointer = {
    onPointerEnter: (event: React.PointerEvent) => event.pointerType === "mouse" && soon(true),
    onPointerLeave: (event: React.PointerEvent) => event.pointerType === "mouse" && soon(false),
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-describedby={isOpen ? id : undefined}
        className="inline-flex min-h-6 max-w-full cursor-help items-center text-left"
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && now(true)}
        onBlur={() => now(false)}
        onClick={() => now(true)}
        {...byPointer}
      >
        {children}
      </button>
      {isOpen && (
        <Hint id={id} anchor={button} onClose={() => now(false)} {...byPointer}>
          {text}
        </Hint>
      )}
    </>
  );
}

function Hint({
  id,
  anchor,
  onClose,
  children,
  ...byPointer
}: {
  id: string;
  anchor: React.RefObject<HTMLElement | null>;
  onClose: () => void;
  children: ReactNode;
  onPointerEnter: (event: React.PointerEvent) => void;
  onPointerLeave: (event: React.PointerEvent) => void;
}) {
  const panel = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const [box, around] = [panel.current, anchor.current?.getBoundingClientRect()];
    if (!box || !around) return;
    box.showPopover();
    const { offsetWidth: width, offsetHeight: height } = box;
    const above = around.top - height - 6;
    const left = Math.min(around.left + (around.width - width) / 2, innerWidth - width - 16);
    box.style.top = `${above < 8 ? around.bottom + 6 : above}px`;
    box.style.left = `${Math.max(16, left)}px`;
  }, [anchor]);

  // It lies in the page's top layer, where it would stay behind.
  useEffect(() => {
    addEventListener("scroll", onClose, { capture: true, once: true });
    return () => removeEventListener("scroll", onClose, { capture: true });
  }, [onClose]);

  return (
    <div
      ref={panel}
      id={id}
      role="tooltip"
      popover="auto"
      className="fixed inset-auto m-0 max-w-72 rounded-md border-0 bg-ink px-3 py-2 text-sm text-paper shadow-float"
      onToggle={(event) => event.newState === "closed" && onClose()}
      {...byPointer}
    >
      {children}
    </div>
  );
}
