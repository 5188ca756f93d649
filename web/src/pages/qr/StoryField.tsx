import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import { searchStories, storyTitles } from "../../api/stories";
import { TextField } from "../../design/Form";
import { Loaded, SkeletonLines } from "../../design/States";
import type { Field } from "../../design/useForm";
import { DateTime } from "../../design/Values";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { useSettled } from "../../shared/useSettled";

/** Which of the organization's published stories a code leads to: found by words, chosen from a short list. */
export function StoryField({ name, value, error, onChange }: Field<string>) {
  const t = useTexts(qrTexts).story;
  const { organization, timeZone } = useOrganization();
  const group = useId();
  const [typed, setTyped] = useState("");
  const asked = useSettled(typed.trim());
  const found = useQuery({ ...searchStories(organization.id, asked), placeholderData: keepPreviousData });
  return (
    <div className="flex flex-col gap-3">
      <TextField
        name={`${name}-search`}
        label={t.search}
        type="search"
        filter
        value={typed}
        error={error}
        explain={{ required: t.required, unknown: t.required }}
        autoComplete="off"
        onChange={setTyped}
      />
      <Loaded query={found} skeleton={<SkeletonLines count={3} />}>
        {(stories) => (
          <div role="radiogroup" aria-label={t.choose} className="flex flex-col border-t border-line">
            {value && !stories.some(({ id }) => id === value) && <Chosen id={value} group={group} />}
            {stories.map((story) => (
              <Choice
                key={story.id}
                group={group}
                title={story.title}
                checked={story.id === value}
                onChoose={() => onChange(story.id)}
              >
                <DateTime at={story.published_at} show="date" timeZone={timeZone} />
              </Choice>
            ))}
            {stories.length === 0 && <p className="py-2.5 text-muted">{asked ? t.notFound : t.none}</p>}
          </div>
        )}
      </Loaded>
    </div>
  );
}

/** What is chosen and not among what was found: another page of it, or a story that buyers do not see now. */
function Chosen({ id, group }: { id: string; group: string }) {
  const t = useTexts(qrTexts).story;
  const titles = useQuery(storyTitles([id]));
  return <Choice group={group} title={titles.data?.get(id) ?? t.gone} checked />;
}

function Choice({
  group,
  title,
  checked,
  onChoose = () => undefined,
  children,
}: {
  group: string;
  title: string;
  checked: boolean;
  onChoose?: () => void;
  children?: ReactNode;
}) {
  const id = useId();
  return (
    <div className="flex items-start gap-3 border-b border-line">
      <input
        id={id}
        type="radio"
        name={group}
        checked={checked}
        className="mt-3 size-5 shrink-0 accent-ink"
        onChange={onChoose}
      />
      <label htmlFor={id} className="min-w-0 flex-1 cursor-pointer py-2.5 wrap-anywhere">
        {title}
        {children && <span className="block text-sm text-muted">{children}</span>}
      </label>
    </div>
  );
}
