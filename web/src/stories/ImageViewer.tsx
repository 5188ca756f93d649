import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { useLayoutEffect, useRef, useState, type TouchEvent } from "react";
import { IconButton } from "../design/Button";
import { Icon } from "../design/Icon";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { playerTexts } from "../i18n/player";

export type Picture = { src: string; alt: string };

const pull = 80; // px a finger pulls a picture up or down to put it away

/**
 * Pictures over the whole screen: swiped or turned by the arrows where there are several, put away by Escape, the
 * cross or a pull up or down. The browser's own dialog and scrolling do it, so that pinching and a mouse's wheel do too.
 */
export function ImageViewer({ pictures, onClose }: { pictures: readonly Picture[]; onClose: () => void }) {
  const t = useTexts(playerTexts);
  const c = useTexts(common);
  const dialog = useRef<HTMLDialogElement>(null);
  const strip = useRef<HTMLUListElement>(null);
  const touched = useRef<{ x: number; y: number }>(undefined);
  const [place, setPlace] = useState(0);

  useLayoutEffect(() => {
    const element = dialog.current;
    const turnByKey = ({ key }: KeyboardEvent) => {
      if (key === "ArrowLeft") turn(-1);
      if (key === "ArrowRight") turn(1);
    };
    element?.addEventListener("keydown", turnByKey);
    element?.showModal();
    return () => {
      element?.removeEventListener("keydown", turnByKey);
      element?.close();
    };
  }, []);

  function turn(by: number) {
    strip.current?.scrollBy({ left: by * strip.current.clientWidth });
  }

  function lifted({ changedTouches, touches }: TouchEvent) {
    const from = touched.current;
    const to = changedTouches[0];
    touched.current = undefined;
    // A picture that is looked at closely is moved about, not put away.
    if (!from || !to || touches.length > 0 || (window.visualViewport?.scale ?? 1) > 1) return;
    const [across, along] = [Math.abs(to.clientX - from.x), Math.abs(to.clientY - from.y)];
    if (along > pull && along > 2 * across) onClose();
  }

  const isOneOfSeveral = pictures.length > 1;
  return (
    <dialog
      ref={dialog}
      aria-label={pictures[place]?.alt}
      className="m-0 h-dvh max-h-none w-screen max-w-none bg-screen p-0"
      onCancel={(event) => {
        // It bubbles in React: what lies below stays open.
        event.stopPropagation();
        event.preventDefault();
        onClose();
      }}
      onClose={(event) => event.stopPropagation()}
    >
      <ul
        ref={strip}
        className="flex h-full snap-x snap-mandatory overflow-x-auto overflow-y-hidden overscroll-contain"
        onScroll={({ currentTarget: { scrollLeft, clientWidth } }) =>
          setPlace(Math.round(scrollLeft / Math.max(clientWidth, 1)))
        }
        onTouchStart={({ touches }) => {
          const finger = touches[0];
          touched.current =
            finger && touches.length === 1 ? { x: finger.clientX, y: finger.clientY } : undefined;
        }}
        onTouchEnd={lifted}
      >
        {pictures.map(({ src, alt }) => (
          <li key={src} className="grid h-full w-full shrink-0 snap-start place-items-center">
            <img src={src} alt={alt} className="max-h-dvh max-w-full object-contain" />
          </li>
        ))}
      </ul>
      <span className="absolute top-3 right-3">
        <IconButton label={c.close} className="bg-raised" onClick={onClose}>
          <Icon of={X} />
        </IconButton>
      </span>
      {isOneOfSeveral && (
        <div className="absolute inset-x-3 bottom-3 flex items-center justify-center gap-3">
          <IconButton
            label={t.previous}
            aria-disabled={place === 0}
            className="bg-raised"
            onClick={() => turn(-1)}
          >
            <Icon of={ChevronLeft} />
          </IconButton>
          <span role="status" className="rounded-md bg-raised px-3 py-2 text-ink tabular-nums">
            {t.place(place + 1, pictures.length)}
          </span>
          <IconButton
            label={t.next}
            aria-disabled={place === pictures.length - 1}
            className="bg-raised"
            onClick={() => turn(1)}
          >
            <Icon of={ChevronRight} />
          </IconButton>
        </div>
      )}
    </dialog>
  );
}
