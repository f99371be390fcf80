import type { components } from '../api/schema';
import { Verdict } from './Verdict';
import { StackTable, type Column } from './StackTable';
import { actionWords } from './words';

export type Rule = components['schemas']['Rule'];

const COLUMNS: readonly Column<Rule>[] = [
  { head: 'Resource', cell: (rule) => <span className="mono">{rule.resource}</span> },
  { head: 'Action', cell: (rule) => actionWords(rule.action), nowrap: true },
  { head: 'Result', cell: (rule) => <Verdict allowed={rule.allowed} />, nowrap: true },
  { head: 'Rule', cell: (rule) => <span className="mono">{rule.by}</span> },
  { head: 'Why', cell: (rule) => rule.reason },
];

/** Rules in the order of asking. */
export function RuleTable({ label, rules }: { label: string; rules: readonly Rule[] }) {
  return <StackTable label={label} columns={COLUMNS} rows={rules} rowKey={(_, index) => index} />;
}
