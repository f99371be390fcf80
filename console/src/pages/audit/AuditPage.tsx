import { PageHeader } from '../../shared/PageHeader';

export function AuditPage() {
  return <PageHeader title="Audit" />;
}
