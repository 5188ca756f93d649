import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asApiError } from "../../api/errors";
import { keys } from "../../api/keys";
import { qrArchive, tagQrCodes, updateQrCodes, type QrCode } from "../../api/qr";
import { Button } from "../../design/Button";
import { toast } from "../../design/toast";
import { useTexts } from "../../i18n/dictionary";
import { errorTexts } from "../../i18n/errors";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import type { Selection } from "./selection";
import { TagsDialog, type TagChange } from "./TagsDialog";
import { ZipExport } from "./ZipExport";

/** What is done with the chosen codes together: downloaded, tagged, switched. What can be taken back is, from the toast. */
export function SelectionBar({ list, selection }: { list: readonly QrCode[]; selection: Selection }) {
  const t = useTexts(qrTexts).list;
  const { organization } = useOrganization();
  const [isTagging, setIsTagging] = useState(false);
  const errors = useTexts(errorTexts);
  const queries = useQueryClient();
  const [isBusy, setIsBusy] = useState(false);
  const ids = selection.ids ?? [];
  const chosen = list.filter(({ id }) => ids.includes(id));
  const isNone = ids.length === 0;
  const refresh = () => queries.invalidateQueries({ queryKey: keys.qrCodes(organization.id) });

  /** Only those that are not so already: the way back leaves the others as they were. */
  async function switchTo(isActive: boolean, which: readonly QrCode[]) {
    const others = which.filter((code) => code.is_active !== isActive);
    setIsBusy(true);
    try {
      await updateQrCodes(
        others.map(({ id }) => id),
        { is_active: isActive },
      );
      await refresh();
      const switched = others.map((code) => ({ ...code, is_active: isActive }));
      toast(t.switched(others.length), { undo: () => void switchTo(!isActive, switched) });
    } catch (error) {
      toast(errors[asApiError(error).code], { kind: "bad" });
    } finally {
      setIsBusy(false);
    }
  }

  async function tag(change: TagChange) {
    await tagQrCodes(organization.id, ids, change);
    await refresh();
    toast(t.switched(ids.length));
  }

  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          onClick={ids.length === list.length ? selection.chooseNone : selection.chooseAll}
        >
          {ids.length === list.length ? t.selectNone : t.selectAll}
        </Button>
        <Button size="small" variant="quiet" onClick={selection.end}>
          {t.selectDone}
        </Button>
      </div>
      <div role="group" aria-label={t.withSelected} className="flex flex-wrap gap-2">
        <ZipExport
          count={ids.length}
          name={`qr-${organization.slug}`}
          archive={(format, options) => qrArchive(organization.id, { ids }, format, options)}
        />
        <Button size="small" disabled={isNone} onClick={() => setIsTagging(true)}>
          {t.tags}
        </Button>
        <Button
          size="small"
          disabled={isNone}
          pending={isBusy && t.working}
          onClick={() => void switchTo(false, chosen)}
        >
          {t.switchOff}
        </Button>
        <Button
          size="small"
          disabled={isNone}
          pending={isBusy && t.working}
          onClick={() => void switchTo(true, chosen)}
        >
          {t.switchOn}
        </Button>
      </div>
      <TagsDialog
        open={isTagging}
        onClose={() => setIsTagging(false)}
        count={ids.length}
        tags={[...new Set(chosen.flatMap(({ tags }) => tags))].sort()}
        change={tag}
      />
    </div>
  );
}
