import { PageHeader } from "../../design/Page";

export function ResetPasswordPage() {
  return <PageHeader title="ResetPasswordPage" />;
}
