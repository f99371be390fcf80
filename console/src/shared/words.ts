/** The words for codes of the management API, short forms of what the server says of them (`reason.rs`). Codes that are not known yet are shown as they are. */
const REFUSALS: Record<string, string> = {
  missing_header: 'No api-key header',
  repeated_header: 'Two different api-key headers',
  not_valid: 'Unknown or deleted key',
  host_not_allowed: 'Address is no allowed host',
  expired: 'Key expired',
  too_often: 'Too many refused requests from this address',
  malformed: 'Malformed request',
  no_permission: 'No permission',
  not_found: 'Not found',
  conflict: 'Changed by somebody else meanwhile',
  rule_broken: 'A rule of the data was broken',
  too_large: 'Request or answer too large',
  busy: 'Server busy, or the request took too long',
  server_fault: 'Fault of the server',
  quota: 'Too many entity sets',
  locked: 'Locked by somebody else',
  session_limit: 'Too many sessions of the key',
};

export function refusalWords(reason: string): string {
  return REFUSALS[reason] ?? reason;
}

/** What is done to data; `drop` is called Delete, as in roles-privileges. */
const ACTIONS: Record<string, string> = {
  read: 'Read',
  create: 'Create',
  update: 'Update',
  drop: 'Delete',
  execute: 'Execute',
  describe: 'See in catalog',
  promote: 'Promote',
  request: 'Send requests',
};

export function actionWords(action: string): string {
  return ACTIONS[action] ?? action;
}

/** What decided, as a sentence: the path of a list in `roles.json`, or one of a few names. */
export function ruleWords(by: string): string {
  if (by === 'restrictedByDefault') return 'No list is set for it, so restrictedByDefault decides.';
  if (by === 'administration') return 'An Administration key may do everything that is exposed.';
  return by;
}
