import { Alert } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ErrorNote } from '../../shared/ErrorNote';
import { plural } from '../../shared/format';
import { FindingTable } from './FindingTable';
import classes from './Findings.module.css';
import { findingsQuery } from './queries';

/** Warnings about the roles.json that is in force. */
export function Findings() {
  const findings = useQuery(findingsQuery);
  if (findings.error !== null) {
    return <ErrorNote error={findings.error} title="The warnings about roles.json could not be loaded" onRetry={() => void findings.refetch()} />;
  }
  if (findings.data === undefined || findings.data.length === 0) return null;
  return (
    <Alert
      variant="outline"
      color="yellow.8"
      classNames={{ title: classes.title ?? '', icon: classes.title ?? '' }}
      role="region"
      icon={<IconAlertTriangle aria-hidden />}
      title={`${plural(findings.data.length, 'warning')} about the roles.json in force`}
    >
      <FindingTable label="Warnings" findings={findings.data} />
    </Alert>
  );
}
