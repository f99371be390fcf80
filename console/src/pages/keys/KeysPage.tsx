import { Button, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMay } from '../../api/session';
import { PageHeader } from '../../shared/PageHeader';
import { EndpointBox } from './EndpointBox';
import { ExpiryNotice } from './ExpiryNotice';
import { KeyDialogs } from './dialog/KeyDialogs';
import { KeyList } from './list/KeyList';
import { Toolbar } from './list/Toolbar';
import { useKeySearch } from './useKeys';

/** API keys: the endpoint, and the keys that open it (`K-10` to `K-48`). */
export function KeysPage() {
  const { dialog } = useKeySearch();
  const mayManage = useMay('manager');
  return (
    <Stack gap="md">
      <PageHeader
        title="API management"
        windowTitle="API keys"
        actions={
          mayManage && (
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => dialog({ new: true })}>
              New API key
            </Button>
          )
        }
      />
      <EndpointBox />
      <ExpiryNotice />
      <Toolbar />
      <KeyList />
      {mayManage && <KeyDialogs />}
    </Stack>
  );
}
