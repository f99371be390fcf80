import { Fragment } from 'react';

/** A path such as `permissions.allowed[3].read`, which may be broken after its dots. */
export function RulePath({ path }: { path: string }) {
  return (
    <span className="mono">
      {path.split(/(?<=\.)/).map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  );
}
