import {
  CalendarDays,
  GraduationCap,
  MessageCircleHeart,
  Trophy,
  Wrench,
  type LucideIcon,
} from "lucide-react";
import type { StoryType } from "../api/stories";
import { Icon } from "../design/Icon";
import { useTexts } from "../i18n/dictionary";
import { storyTexts } from "../i18n/stories";

const icons: Record<StoryType, LucideIcon> = {
  success_story: Trophy,
  expert_opinion: GraduationCap,
  customer_review: MessageCircleHeart,
  event_announcement: CalendarDays,
  service_showcase: Wrench,
};

/** A type of story: its picture and its name. */
export function StoryTypeIcon({ type }: { type: StoryType }) {
  const t = useTexts(storyTexts).type;
  return (
    <span className="inline-flex items-center gap-1.5 text-sm text-muted">
      <Icon of={icons[type]} size={16} />
      {t[type]}
    </span>
  );
}
