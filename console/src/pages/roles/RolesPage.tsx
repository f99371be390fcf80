import { PageHeader } from '../../shared/PageHeader';

export function RolesPage() {
  return <PageHeader title="Roles &amp; privileges" />;
}
