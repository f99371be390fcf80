import { PageHeader } from '../../shared/PageHeader';

export function AccessPage() {
  return <PageHeader title="Access check" />;
}
