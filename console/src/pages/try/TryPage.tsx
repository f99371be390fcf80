import { PageHeader } from '../../shared/PageHeader';

export function TryPage() {
  return <PageHeader title="Try it" />;
}
