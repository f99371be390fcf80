import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';

/** A key's ID, or its description, leading to it in the list of keys. */
export function KeyLink({ id, children }: { id: string; children?: string | null }) {
  return (
    <Anchor
      renderRoot={(props) => <Link to="/keys" search={{ q: id }} {...props} />}
      className={children === undefined || children === null ? 'mono' : ''}
      size="md"
      underline="always"
    >
      {children ?? id}
    </Anchor>
  );
}
