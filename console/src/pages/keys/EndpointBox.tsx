import { Skeleton, Text } from '@mantine/core';
import { CopyButton } from '../../shared/CopyButton';
import { ErrorNote } from '../../shared/ErrorNote';
import { useEndpoint } from '../../shared/useEndpoint';
import classes from './EndpointBox.module.css';

/** The URL that clients send requests to (K-11, K-14). */
export function EndpointBox() {
  const { url, derived, error, retry } = useEndpoint();
  if (error !== null && url === undefined) {
    return <ErrorNote error={error} title="The API endpoint is not known" onRetry={retry} />;
  }
  return (
    <section aria-label="API endpoint" className={`panel ${classes.box}`}>
      <div className={classes.line}>
        <span className={classes.label}>API Endpoint :</span>
        {url === undefined ? <Skeleton height={14} width={220} /> : <code className={`mono ${classes.url}`}>{url}</code>}
        <span className={classes.copy}>{url !== undefined && <CopyButton value={url} label="Copy API endpoint" />}</span>
      </div>
      {derived && (
        <Text size="sm" c="dimmed" className={classes.note}>
          Derived from the address of this page. Set <code className="mono">public_url</code> when clients use another one.
        </Text>
      )}
    </section>
  );
}
