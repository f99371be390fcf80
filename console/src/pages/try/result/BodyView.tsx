import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import classes from './Result.module.css';
import { chunksOf } from './body';

/** Portions drawn at first, and more at a time: 2,000 lines. */
const STEP = 10;

export function BodyView({ text }: { text: string }) {
  const chunks = useMemo(() => chunksOf(text), [text]);
  const [shown, setShown] = useState(STEP);
  return (
    <div className={classes.body} tabIndex={0} role="region" aria-label="Body">
      {chunks.slice(0, shown).map((chunk, index) => (
        <pre key={index} className={classes.chunk}>
          {chunk}
        </pre>
      ))}
      {shown < chunks.length && (
        <div className={classes.more}>
          <Button variant="default" size="xs" onClick={() => setShown(shown + STEP)}>
            Show more lines
          </Button>
        </div>
      )}
    </div>
  );
}
