import { Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { SchemeSwitch } from '../app/SchemeSwitch';
import classes from './PlainPage.module.css';
import { usePageTitle } from './usePageTitle';

/** A page for somebody without a session: one box in the middle. */
export function PlainPage({ title, children }: { title: string; children: ReactNode }) {
  usePageTitle(title);
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <SchemeSwitch />
      </header>
      <main id="main" className={classes.main}>
        <div className={classes.brand}>
          <img src="./favicon.svg" alt="" width={32} height={32} />
          <span>Claviger</span>
        </div>
        <Stack className={`panel ${classes.box}`} gap="md">
          <Title order={1} size="h3">
            {title}
          </Title>
          {children}
        </Stack>
      </main>
    </div>
  );
}
