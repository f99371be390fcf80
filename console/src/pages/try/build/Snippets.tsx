import { Button, SegmentedControl } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { CopyButton } from '../../../shared/CopyButton';
import { saveFile } from '../../../shared/saveFile';
import classes from '../TryPage.module.css';
import type { BuiltRequest } from '../request';
import { LANGUAGES, snippet, type Language } from '../snippets';

/** The request to take along. */
export function Snippets({ endpoint, request }: { endpoint: string; request: BuiltRequest }) {
  const [language, setLanguage] = useState<Language>('curl');
  const text = snippet(language, endpoint, request);
  return (
    <section className="panel" aria-label="Copy as">
      <div className={classes.bar}>
        <SegmentedControl
          aria-label="Copy as"
          size="xs"
          data={[...LANGUAGES]}
          value={language}
          onChange={(value) => setLanguage(LANGUAGES.find((known) => known === value) ?? 'curl')}
        />
        {language === 'Postman' ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
            onClick={() => saveFile('claviger.postman_collection.json', 'application/json', text)}
          >
            Download collection
          </Button>
        ) : (
          <CopyButton value={text} label={`Copy as ${language}`}>
            {`Copy as ${language}`}
          </CopyButton>
        )}
      </div>
      <pre className={classes.code} tabIndex={0} role="region" aria-label={`Request as ${language}`}>
        {text}
      </pre>
    </section>
  );
}
