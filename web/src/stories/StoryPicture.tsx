import { Maximize2 } from "lucide-react";
import { useState } from "react";
import { Icon } from "../design/Icon";
import { useTexts } from "../i18n/dictionary";
import { playerTexts } from "../i18n/player";
import { ImageViewer } from "./ImageViewer";

/** A story's picture, which fills the screen when it is pressed. */
export function StoryPicture({ src, title }: { src: string; title: string }) {
  const t = useTexts(playerTexts);
  const [isOpen, setOpen] = useState(false);
  const alt = t.picture(title);
  return (
    <>
      <button
        type="button"
        aria-label={t.open(alt)}
        className="group relative block min-h-24 w-full cursor-zoom-in overflow-hidden rounded-md border border-line bg-sunken"
        onClick={() => setOpen(true)}
      >
        <img src={src} alt={alt} decoding="async" className="mx-auto max-h-[75svh] object-contain" />
        <span className="absolute right-2 bottom-2 grid size-9 place-items-center rounded-md bg-raised text-ink group-hover:bg-sunken">
          <Icon of={Maximize2} size={18} />
        </span>
      </button>
      {isOpen && <ImageViewer pictures={[{ src, alt }]} onClose={() => setOpen(false)} />}
    </>
  );
}
