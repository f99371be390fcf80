import { Burger, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useSession } from '../api/session';
import { AppName } from './AppName';
import { ConfirmPasswordDialog } from './ConfirmPasswordDialog';
import { Navigation } from './Navigation';
import { SchemeSwitch } from './SchemeSwitch';
import classes from './Shell.module.css';
import { SignInAgainDialog } from './SignInAgainDialog';
import { UserMenu } from './UserMenu';
import { router } from './router';

/** Header, navigation, and the page. */
export function Shell() {
  const [menu, { toggle, close }] = useDisclosure(false);
  const session = useSession();
  // A page is shown from its top, with the focus where reading goes on.
  useEffect(() => router.subscribe('onResolved', ({ pathChanged }) => pathChanged && close()), [close]);
  if (session === null) return null;
  return (
    <>
      <a
        href="#main"
        className="skip-link"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <header className={classes.header}>
        <Burger className={classes.burger} opened={menu} onClick={toggle} size="sm" aria-label="Menu" aria-expanded={menu} />
        <AppName />
        <div className={classes.tools}>
          <SchemeSwitch />
          <UserMenu user={session.user} />
        </div>
      </header>
      <Drawer.Root opened={menu} onClose={close} size={260}>
        <Drawer.Overlay backgroundOpacity={0.5} />
        <Drawer.Content aria-label="Menu">
          <div className={classes.drawerHead}>
            <Drawer.CloseButton aria-label="Close menu" />
          </div>
          <Drawer.Body>
            <Navigation onGo={close} />
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
      <div className={classes.body}>
        <div className={classes.side}>
          <Navigation />
        </div>
        <main id="main" tabIndex={-1} className={classes.main}>
          <Outlet />
        </main>
      </div>
      <SignInAgainDialog email={session.user.email} />
      <ConfirmPasswordDialog email={session.user.email} />
    </>
  );
}
