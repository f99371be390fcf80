import { PageHeader } from '../../shared/PageHeader';

export function UsagePage() {
  return <PageHeader title="Usage" />;
}
