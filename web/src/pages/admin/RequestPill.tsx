import { CircleCheck, CircleX, Clock, FileQuestion, Undo2, type LucideIcon } from "lucide-react";
import type { RequestStatus } from "../../api/desk";
import { Pill, type Tone } from "../../design/Pill";
import { deskTexts } from "../../i18n/desk";
import { useTexts } from "../../i18n/dictionary";

const looks: Record<RequestStatus, { tone: Tone; icon: LucideIcon }> = {
  pending: { tone: "waits", icon: Clock },
  approved: { tone: "good", icon: CircleCheck },
  rejected: { tone: "bad", icon: CircleX },
  withdrawn: { tone: "plain", icon: Undo2 },
  more_asked: { tone: "info", icon: FileQuestion },
};

/** What became of a request. */
export function RequestPill({ status }: { status: RequestStatus }) {
  return <Pill {...looks[status]}>{useTexts(deskTexts).requestStatus[status]}</Pill>;
}
