import { flag, type RawSearch } from '../../shared/search';

/** State of the page that belongs into its address. All members are optional, so that a link may leave them out. */
export interface Search {
  /** The dialog for a new user is open. */
  new?: true | undefined;
}

export function parse(raw: RawSearch): Search {
  return { new: flag(raw, 'new') };
}
