import { flag, text, type RawSearch } from '../../shared/search';

/** State of the page that belongs into its address. All members are optional, so that a link may leave them out. */
export interface Search {
  /** The role shown; absent: the first one. */
  role?: string | undefined;
  /** The Administration key is shown, not a role. */
  administration?: true | undefined;
  /** A second role, beside the first. */
  with?: string | undefined;
  /** Part of a name. */
  q?: string | undefined;
  /** Only attributes whose rules differ from those of their dataclass. */
  differing?: true | undefined;
}

export function parse(raw: RawSearch): Search {
  return {
    role: text(raw, 'role'),
    administration: flag(raw, 'administration'),
    with: text(raw, 'with'),
    q: text(raw, 'q'),
    differing: flag(raw, 'differing'),
  };
}
