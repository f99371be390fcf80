import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { exportUrl } from './queries';
import type { Search } from './search';

const FORMATS = [
  ['csv', 'Export CSV'],
  ['jsonl', 'Export JSON lines'],
] as const;

/** All lines of the filter as a file: plain links, so that the browser saves them as they come. */
export function ExportLinks({ search }: { search: Search }) {
  return FORMATS.map(([format, text]) => (
    <Button
      key={format}
      component="a"
      href={exportUrl(search, format)}
      download={`audit.${format}`}
      variant="default"
      leftSection={<IconDownload size={16} aria-hidden />}
    >
      {text}
    </Button>
  ));
}
