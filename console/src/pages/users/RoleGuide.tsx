import { Title } from '@mantine/core';
import classes from './RoleGuide.module.css';
import { CONSOLE_ROLES } from './roles';

/** What the three roles of the console may do. */
export function RoleGuide() {
  return (
    <section className={classes.guide} aria-labelledby="role-guide">
      <Title order={2} size="h5" id="role-guide">
        The three roles
      </Title>
      <dl className={classes.list}>
        {CONSOLE_ROLES.map(({ value, label, does }) => (
          <div key={value}>
            <dt>{label}</dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
