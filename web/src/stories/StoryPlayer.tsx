import { Play } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button } from "../design/Button";
import { Icon } from "../design/Icon";
import { useTexts } from "../i18n/dictionary";
import { playerTexts } from "../i18n/player";
import { savesData } from "./savesData";

export type Film = {
  src: string;
  poster: string | null;
  title: string;
};

// A chunk of its own: most stories have no video, and their readers wait for no player.
const VideoPlayer = lazy(() => import("./VideoPlayer"));

/** A story's video. Who saves data sees its poster and nothing else is loaded until the video is asked for. */
export function StoryPlayer({ src, poster, title }: Film) {
  const t = useTexts(playerTexts);
  const [isAsked, setAsked] = useState(false);
  const isWaiting = savesData() && !isAsked;
  const still = <Poster src={poster} />;
  if (isWaiting) {
    return (
      <div className="relative">
        {still}
        <span className="absolute inset-0 grid place-items-center">
          <Button
            variant="primary"
            icon={<Icon of={Play} />}
            aria-label={t.watch(title)}
            onClick={() => setAsked(true)}
          >
            {t.play}
          </Button>
        </span>
      </div>
    );
  }
  return (
    <Suspense fallback={still}>
      {/* Another source is another film: nothing of the last one stays. */}
      <VideoPlayer key={src} src={src} poster={poster} title={title} begins={isAsked} />
    </Suspense>
  );
}

/** What stands there until the player does. */
function Poster({ src }: { src: string | null }) {
  return (
    <span className="flex flex-col overflow-hidden rounded-md border border-line">
      <span className="grid min-h-40 place-items-center bg-screen">
        {src && <img src={src} alt="" className="max-h-[75svh] w-full object-contain" />}
      </span>
      {/* As tall as the player's buttons, so that nothing jumps when they come. */}
      <span className="h-11 bg-raised" />
    </span>
  );
}
