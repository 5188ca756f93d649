import { PageHeader } from "../../design/Page";

export function SignUpPage() {
  return <PageHeader title="SignUpPage" />;
}
