import type { components } from '../api/schema';
import { RulePath } from './RulePath';
import { Verdict } from './Verdict';
import { StackTable, type Column } from './StackTable';
import { actionWords } from './words';

type Rule = components['schemas']['Rule'];

const COLUMNS: readonly Column<Rule>[] = [
  { head: 'Resource', cell: (rule) => <RulePath path={rule.resource} /> },
  { head: 'Action', cell: (rule) => actionWords(rule.action), nowrap: true },
  { head: 'Result', cell: (rule) => <Verdict allowed={rule.allowed} />, nowrap: true },
  { head: 'Rule', cell: (rule) => <RulePath path={rule.by} /> },
  { head: 'Why', cell: (rule) => rule.reason },
];

/** Rules in the order of asking. */
export function RuleTable({ label, rules }: { label: string; rules: readonly Rule[] }) {
  return <StackTable label={label} columns={COLUMNS} rows={rules} rowKey={(_, index) => index} />;
}
