import { PageHeader } from "../design/Page";

export function NotFoundPage() {
  return <PageHeader title="NotFoundPage" />;
}
