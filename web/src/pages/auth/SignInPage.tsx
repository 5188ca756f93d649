import { PageHeader } from "../../design/Page";

export function SignInPage() {
  return <PageHeader title="SignInPage" />;
}
