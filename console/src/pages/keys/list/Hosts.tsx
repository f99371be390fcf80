/** Allowed hosts: "All", or the addresses; of many the first few, the rest on hover. */
export function Hosts({ hosts, most = 3 }: { hosts: readonly string[]; most?: number }) {
  if (hosts.length === 0) return <>All</>;
  const rest = hosts.length - most;
  return (
    <span className="mono" title={hosts.join('\n')}>
      {hosts.slice(0, most).join(', ')}
      {rest > 0 && ` and ${rest} more`}
    </span>
  );
}
