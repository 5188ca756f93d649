import { PageHeader } from "../../design/Page";

export function HomePage() {
  return <PageHeader title="HomePage" />;
}
