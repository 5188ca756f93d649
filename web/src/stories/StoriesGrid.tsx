import { StoryCard, type Told } from "./StoryCard";

/** Cards: one, two or three beside each other, as the screen has room. */
export function StoriesGrid({
  stories,
  slug,
  label,
}: {
  stories: readonly Told[];
  slug: string;
  label: string;
}) {
  return (
    <ul aria-label={label} className="grid grid-cols-1 gap-4 sm:grid-cols-2 md:grid-cols-3">
      {stories.map((story) => (
        <li key={story.id}>
          <StoryCard story={story} slug={slug} />
        </li>
      ))}
    </ul>
  );
}
