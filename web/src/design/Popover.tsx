import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { useLocation } from "react-router";
import { IconButton } from "./Button";

/**
 * A panel to the right of a button, over the page. The browser's own popover: it closes on Escape and on a press elsewhere,
 * gives the focus back, and needs no style element, which our CSP would refuse.
 */
export function Popover({
  label,
  icon,
  className,
  children,
}: {
  /** The button's accessible name, and the panel's. */
  label: string;
  icon: ReactNode;
  className?: string;
  /** Rendered while it is open. */
  children: ReactNode;
}) {
  const id = useId();
  const button = useRef<HTMLSpanElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  // Whoever followed a link of the panel has left it.
  const { key } = useLocation();
  useEffect(() => panel.current?.hidePopover(), [key]);

  /** The panel lies in the page's top layer, so it is told where the button is. */
  function place() {
    const [anchor, box] = [button.current?.getBoundingClientRect(), panel.current];
    if (!anchor || !box) return;
    box.style.top = `${anchor.top}px`;
    box.style.left = `${anchor.right + 12}px`;
  }

  return (
    <>
      <span ref={button} className={className}>
        <IconButton label={label} popoverTarget={id} aria-expanded={open}>
          {icon}
        </IconButton>
      </span>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={label}
        className="fixed inset-auto m-0 max-h-[min(36rem,80dvh)] w-96 overflow-y-auto rounded-md border border-line bg-raised p-0 text-ink shadow-float"
        onBeforeToggle={(event) => {
          if (event.newState === "open") place();
        }}
        onToggle={(event) => setOpen(event.newState === "open")}
      >
        {open && children}
      </div>
    </>
  );
}
