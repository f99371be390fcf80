import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { CONSOLE_PATH } from '../api/base';
import { onSomebodyElse } from '../api/client';
import { queryClient } from '../api/queries';
import { parse as access } from '../pages/access/search';
import { parse as audit } from '../pages/audit/search';
import { parse as keys } from '../pages/keys/search';
import { parse as roles } from '../pages/roles/search';
import { parse as signIn } from '../pages/sign-in/search';
import { parse as tryIt } from '../pages/try/search';
import { parse as usage } from '../pages/usage/search';
import { parse as users } from '../pages/users/search';
import { NotFound } from './NotFound';
import { PageFailed } from './PageFailed';
import { parseSearch, stringifySearch } from './search';
import { Shell } from './Shell';
import { requireSession, whenSignedOut } from './signedIn';

const root = createRootRoute({ notFoundComponent: NotFound });

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: 'sign-in',
  validateSearch: signIn,
  beforeLoad: whenSignedOut,
  component: lazyRouteComponent(() => import('../pages/sign-in/SignInPage'), 'SignInPage'),
});

const firstRunRoute = createRoute({
  getParentRoute: () => root,
  path: 'first-run',
  component: lazyRouteComponent(() => import('../pages/first-run/FirstRunPage'), 'FirstRunPage'),
});

/** Header and navigation, and nothing without a session. */
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell, beforeLoad: requireSession });

const index = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/keys', replace: true });
  },
});

const keysRoute = createRoute({
  getParentRoute: () => shell,
  path: 'keys',
  validateSearch: keys,
  component: lazyRouteComponent(() => import('../pages/keys/KeysPage'), 'KeysPage'),
});

const rolesRoute = createRoute({
  getParentRoute: () => shell,
  path: 'roles',
  validateSearch: roles,
  component: lazyRouteComponent(() => import('../pages/roles/RolesPage'), 'RolesPage'),
});

const accessRoute = createRoute({
  getParentRoute: () => shell,
  path: 'access',
  validateSearch: access,
  component: lazyRouteComponent(() => import('../pages/access/AccessPage'), 'AccessPage'),
});

const usageRoute = createRoute({
  getParentRoute: () => shell,
  path: 'usage',
  validateSearch: usage,
  component: lazyRouteComponent(() => import('../pages/usage/UsagePage'), 'UsagePage'),
});

const tryRoute = createRoute({
  getParentRoute: () => shell,
  path: 'try',
  validateSearch: tryIt,
  component: lazyRouteComponent(() => import('../pages/try/TryPage'), 'TryPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => shell,
  path: 'audit',
  validateSearch: audit,
  component: lazyRouteComponent(() => import('../pages/audit/AuditPage'), 'AuditPage'),
});

const usersRoute = createRoute({
  getParentRoute: () => shell,
  path: 'users',
  validateSearch: users,
  component: lazyRouteComponent(() => import('../pages/users/UsersPage'), 'UsersPage'),
});

const pages = shell.addChildren([index, keysRoute, rolesRoute, accessRoute, usageRoute, tryRoute, auditRoute, usersRoute]);

export const router = createRouter({
  routeTree: root.addChildren([signInRoute, firstRunRoute, pages]),
  basepath: CONSOLE_PATH,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
});

onSomebodyElse(() => {
  queryClient.clear();
  void router.navigate({ to: '/sign-in', search: { other: true }, replace: true });
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
