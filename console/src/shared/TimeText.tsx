import { absoluteTime, dayText, relativeTime, utcText } from './format';

interface Props {
  /** An instant, RFC 3339. */
  at: string;
  /** `relative`: "3 hours ago"; `absolute`: date and time in the person's zone. */
  style?: 'relative' | 'absolute';
}

/** An instant in the person's locale; UTC on hover. */
export function TimeText({ at, style = 'absolute' }: Props) {
  const shown = style === 'relative' ? relativeTime(at) : absoluteTime(at);
  return (
    <time dateTime={at} title={utcText(at)}>
      {shown}
    </time>
  );
}

/** A day without a zone, `YYYY-MM-DD`: shown as that day everywhere. */
export function DayText({ day }: { day: string }) {
  return (
    <time dateTime={day} title={`${day}, until the end of the day UTC`}>
      {dayText(day)}
    </time>
  );
}
