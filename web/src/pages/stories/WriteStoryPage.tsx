import { useParams } from "react-router";
import { useMoveStory, useStory } from "../../api/stories";
import { Button } from "../../design/Button";
import { Notice } from "../../design/Notice";
import { PageHeader } from "../../design/Page";
import { Loaded, SkeletonLines } from "../../design/States";
import { useTexts } from "../../i18n/dictionary";
import { storyTexts } from "../../i18n/stories";
import { useOrganization } from "../../shared/organization";
import { StoryCreationWizard } from "./StoryCreationWizard";

export function NewStoryPage() {
  const t = useTexts(storyTexts);
  return (
    <div className="flex flex-col gap-8">
      <PageHeader
        title={t.write.newTitle}
        trail={[{ to: "/dashboard/producer/stories", label: t.mine.title }]}
      />
      <StoryCreationWizard />
    </div>
  );
}

export function EditStoryPage() {
  const t = useTexts(storyTexts);
  const { id = "" } = useParams();
  const story = useStory(id);
  const { organization } = useOrganization();
  const move = useMoveStory(organization.id);
  return (
    <div className="flex flex-col gap-8">
      <PageHeader
        title={t.write.editTitle}
        trail={[{ to: "/dashboard/producer/stories", label: t.mine.title }]}
      />
      <Loaded query={story} skeleton={<SkeletonLines count={8} />}>
        {(found) =>
          found.status === "pending_review" ? (
            <Notice
              action={
                <Button size="small" onClick={() => void move(found.id, "withdraw_story")}>
                  {t.mine.withdraw}
                </Button>
              }
            >
              {t.write.underReview}
            </Notice>
          ) : (
            <StoryCreationWizard key={found.id} story={found} />
          )
        }
      </Loaded>
    </div>
  );
}
