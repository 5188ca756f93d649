/** A story's video and picture, as they are watched; the player's own buttons are named by its library. */
import { dictionary } from "./dictionary";

export const playerTexts = dictionary(
  {
    label: (title: string) => `Видео: ${title}`,
    play: "Смотреть видео",
    watch: (title: string) => `Смотреть видео: ${title}`,
    failed: "Видео не загрузилось. Проверьте связь и попробуйте ещё раз.",
    picture: (title: string) => `Фото к истории «${title}»`,
    open: (picture: string) => `${picture}. Открыть на весь экран`,
    previous: "Предыдущее фото",
    next: "Следующее фото",
    place: (place: number, all: number) => `${place} из ${all}`,
  },
  {
    label: (title) => `Video: ${title}`,
    play: "Watch the video",
    watch: (title) => `Watch the video: ${title}`,
    failed: "The video did not load. Check the connection and try again.",
    picture: (title) => `Photo of the story “${title}”`,
    open: (picture) => `${picture}. Open full screen`,
    previous: "Previous photo",
    next: "Next photo",
    place: (place, all) => `${place} of ${all}`,
  },
);
