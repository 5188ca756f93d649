import { clsx } from "clsx";
import { Play } from "lucide-react";
import { Icon } from "../design/Icon";

/**
 * The small picture of a story in a list. Decoration: the title beside it says what it is. `beside`: on a wide screen it
 * is as tall as what stands beside it.
 */
export function StoryThumbnail({
  src,
  isVideo,
  beside,
}: {
  src: string;
  isVideo: boolean;
  beside?: boolean;
}) {
  return (
    <span
      className={clsx(
        "relative block aspect-video overflow-hidden bg-sunken",
        beside && "lg:aspect-auto lg:h-full lg:min-h-60",
      )}
    >
      <img src={src} alt="" loading="lazy" decoding="async" className="size-full object-cover" />
      {isVideo && (
        <span className="absolute bottom-2 left-2 grid size-9 place-items-center rounded-full bg-raised text-ink">
          <Icon of={Play} size={18} />
        </span>
      )}
    </span>
  );
}
