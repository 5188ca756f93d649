import { PageHeader } from "../../design/Page";

export function ForgotPasswordPage() {
  return <PageHeader title="ForgotPasswordPage" />;
}
