import { PageHeader } from '../../shared/PageHeader';

export function KeysPage() {
  return <PageHeader title="API keys" />;
}
