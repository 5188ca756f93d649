import { PageHeader } from "../../design/Page";

export function AccountPage() {
  return <PageHeader title="AccountPage" />;
}
