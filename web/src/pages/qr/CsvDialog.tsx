import { useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import { importQrCodes, qrArchive } from "../../api/qr";
import { Dialog } from "../../design/Dialog";
import { useTexts } from "../../i18n/dictionary";
import { qrTexts } from "../../i18n/qr";
import { useOrganization } from "../../shared/organization";
import { CsvUpload } from "./CsvUpload";

/** Codes from a table: looked at first, and made only when every row is in order. */
export function CsvDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useTexts(qrTexts).csv;
  const { organization } = useOrganization();
  const queries = useQueryClient();
  return (
    <Dialog open={open} onClose={onClose} title={t.title}>
      <CsvUpload
        name={`qr-${organization.slug}`}
        send={(file, options) => importQrCodes(organization.id, file, options)}
        archive={(batch_id, format, options) => qrArchive(organization.id, { batch_id }, format, options)}
        onMade={() => void queries.invalidateQueries({ queryKey: keys.qrCodes(organization.id) })}
        onClose={onClose}
      />
    </Dialog>
  );
}
