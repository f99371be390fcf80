import {
  IconChartHistogram, IconFingerprint, IconHistory, IconKey, IconPlayerPlay, IconShieldLock, IconUsers, type TablerIcon,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMay } from '../api/session';
import classes from './Navigation.module.css';

interface Entry {
  to: '/keys' | '/roles' | '/access' | '/usage' | '/try' | '/audit' | '/users';
  name: string;
  icon: TablerIcon;
}

const ENTRIES: readonly Entry[] = [
  { to: '/keys', name: 'API keys', icon: IconKey },
  { to: '/roles', name: 'Roles & privileges', icon: IconShieldLock },
  { to: '/access', name: 'Access check', icon: IconFingerprint },
  { to: '/usage', name: 'Usage', icon: IconChartHistogram },
  { to: '/try', name: 'Try it', icon: IconPlayerPlay },
  { to: '/audit', name: 'Audit', icon: IconHistory },
];

const USERS: Entry = { to: '/users', name: 'Users', icon: IconUsers };

/** Links to all pages; Users for owners only. The router sets `aria-current="page"` on the link of the page shown. */
export function Navigation({ onGo }: { onGo?: () => void }) {
  const entries = useMay('owner') ? [...ENTRIES, USERS] : ENTRIES;
  return (
    <nav aria-label="Console">
      <ul className={classes.list}>
        {entries.map(({ to, name, icon: Icon }) => (
          <li key={to}>
            <Link to={to} className={classes.link} onClick={onGo} activeOptions={{ includeSearch: false }}>
              <Icon size={18} stroke={1.6} aria-hidden />
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
