/** The player itself, on the parts of Video.js 10: loaded by StoryPlayer, with all that belongs to it. */
import {
  bufferFeature,
  BufferingIndicator,
  Container,
  createPlayer,
  FullscreenButton,
  fullscreenFeature,
  Hotkey,
  MuteButton,
  PlayButton,
  playbackFeature,
  StatusAnnouncer,
  Time,
  timeFeature,
  TimeSlider,
  volumeFeature,
} from "@videojs/react";
import { createTranslator, getI18nTranslations, I18nContext, registerI18n } from "@videojs/react/i18n";
import ru from "@videojs/react/i18n/locales/ru";
import { Video } from "@videojs/react/video";
import { LoaderCircle, Maximize, Minimize, Pause, Play, RotateCcw, Volume2, VolumeX } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Button } from "../design/Button";
import { Icon } from "../design/Icon";
import { Notice } from "../design/Notice";
import { common } from "../i18n/common";
import { useTexts } from "../i18n/dictionary";
import { useLocale } from "../i18n/locale";
import { playerTexts } from "../i18n/player";
import type { Film } from "./StoryPlayer";

registerI18n("ru", ru);

const { Player, usePlayer } = createPlayer({
  features: [playbackFeature, volumeFeature, timeFeature, bufferFeature, fullscreenFeature],
});

/** `begins`: it plays as soon as it can, because it was asked for. */
export default function VideoPlayer(film: Film & { begins: boolean }) {
  const [attempt, setAttempt] = useState(0);
  return (
    <InOurLanguage>
      <Player key={attempt}>
        <Parts
          {...film}
          begins={film.begins || attempt > 0}
          // The address of a video leads to one that is good for an hour: after a long pause it is asked for anew.
          onRetry={() => setAttempt((count) => count + 1)}
        />
      </Player>
    </InOurLanguage>
  );
}

/** The library finds its provider's languages by itself and brings fifty; two are enough. */
function InOurLanguage({ children }: { children: ReactNode }) {
  const { language } = useLocale();
  const value = useMemo(
    () => ({
      translator: createTranslator(getI18nTranslations(language), language),
      locale: language,
      localeFromProp: true,
    }),
    [language],
  );
  return <I18nContext value={value}>{children}</I18nContext>;
}

function Parts({ src, poster, title, begins, onRetry }: Film & { begins: boolean; onRetry: () => void }) {
  const t = useTexts(playerTexts);
  const video = useRef<HTMLVideoElement>(null);
  const player = usePlayer();
  const isStarted = usePlayer(({ started }) => started);
  const [isFailed, setFailed] = useState(false);

  useEffect(() => {
    const element = video.current;
    const fail = () => setFailed(true);
    // It may have failed before it stood in the page.
    if (element?.error) fail();
    element?.addEventListener("error", fail);
    return () => element?.removeEventListener("error", fail);
  }, []);

  useEffect(() => {
    // A browser may want another press before it lets a video sound: the button is there.
    if (begins) video.current?.play().catch(() => undefined);
  }, [begins]);

  return (
    <Container
      aria-label={t.label(title)}
      className="group/player flex flex-col overflow-hidden rounded-md border border-line bg-screen [&:fullscreen]:rounded-none [&:fullscreen]:border-0"
    >
      <div className="relative grid min-h-40 flex-1 place-items-center group-[:fullscreen]/player:min-h-0">
        <Video
          ref={video}
          src={src}
          {...(poster ? { poster } : {})}
          preload="metadata"
          playsInline
          className="max-h-[75svh] w-full cursor-pointer group-[:fullscreen]/player:h-full group-[:fullscreen]/player:max-h-full"
          onClick={() => {
            if (player.paused) void player.play();
            else player.pause();
          }}
        />
        {!isStarted && !isFailed && (
          <span
            aria-hidden
            className="pointer-events-none absolute grid size-16 place-items-center rounded-full bg-honey text-on-honey"
          >
            <Icon of={Play} size={28} />
          </span>
        )}
        <BufferingIndicator
          render={(props, { visible }) => (
            <div {...props} className="pointer-events-none absolute">
              {visible && (
                <span className="grid size-12 place-items-center rounded-full bg-raised text-ink">
                  <LoaderCircle aria-hidden className="motion-safe:animate-spin" />
                </span>
              )}
            </div>
          )}
        />
        {isFailed && (
          <div className="absolute inset-x-4">
            <Failure onRetry={onRetry} />
          </div>
        )}
      </div>
      <div className="flex items-center gap-1 bg-raised px-1 text-ink">
        <PlayButton
          className={control}
          render={(props, { paused, ended }) => (
            <button {...props} type="button">
              <Icon of={ended ? RotateCcw : paused ? Play : Pause} />
            </button>
          )}
        />
        <TimeSlider.Root className="relative mx-2 flex h-11 min-w-12 flex-1 cursor-pointer items-center rounded-sm">
          <TimeSlider.Track className="relative h-1.5 flex-1 overflow-hidden rounded-full bg-line">
            <TimeSlider.Buffer className="absolute inset-y-0 left-0 w-(--media-slider-buffer) bg-edge" />
            <TimeSlider.Fill className="absolute inset-y-0 left-0 w-(--media-slider-fill) bg-accent" />
          </TimeSlider.Track>
          <TimeSlider.Thumb className="absolute left-(--media-slider-fill) size-4 -translate-x-1/2 rounded-full bg-accent" />
        </TimeSlider.Root>
        <Time.Group className="px-1 text-sm whitespace-nowrap text-muted tabular-nums">
          <Time.Value type="current" />
          <Time.Separator className="px-1 max-sm:hidden" />
          <Time.Value type="duration" className="max-sm:hidden" />
        </Time.Group>
        <MuteButton
          className={control}
          render={(props, { muted }) => (
            <button {...props} type="button">
              <Icon of={muted ? VolumeX : Volume2} />
            </button>
          )}
        />
        <FullscreenButton
          className={control}
          render={(props, { fullscreen }) => (
            <button {...props} type="button">
              <Icon of={fullscreen ? Minimize : Maximize} />
            </button>
          )}
        />
      </div>
      <Hotkey keys="Space" action="togglePaused" />
      <Hotkey keys="k" action="togglePaused" />
      <Hotkey keys="m" action="toggleMuted" />
      <Hotkey keys="f" action="toggleFullscreen" />
      <Hotkey keys="ArrowLeft" action="seekStep" value={-5} />
      <Hotkey keys="ArrowRight" action="seekStep" value={5} />
      <StatusAnnouncer className="sr-only" />
    </Container>
  );
}

const control = "grid size-11 shrink-0 place-items-center rounded-md hover:bg-sunken";

function Failure({ onRetry }: { onRetry: () => void }) {
  const t = useTexts(playerTexts);
  const c = useTexts(common);
  return (
    <Notice
      kind="bad"
      live="alert"
      action={
        <Button size="small" onClick={onRetry}>
          {c.retry}
        </Button>
      }
    >
      {t.failed}
    </Notice>
  );
}
