import { Skeleton } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../../api/problem';
import { EmptyState } from '../../shared/EmptyState';
import { ErrorNote } from '../../shared/ErrorNote';
import { Answer } from './Answer';
import classes from './CheckTab.module.css';
import { QuestionForm } from './QuestionForm';
import { explainQuery } from './queries';
import { bodyOf, draftOf, problemsOf, questionOf, searchOf, type Problems } from './question';
import type { Search } from './search';

interface Props {
  search: Search;
  /** Of the request asked about. */
  body: string | undefined;
  onAsk: (search: Search, body: string | undefined) => void;
}

/** The question and its answer. The question asked is the one in the address, with its body in the history entry. */
export function CheckTab({ search, body, onAsk }: Props) {
  const client = useQueryClient();
  const asked = JSON.stringify({ ...search, tab: undefined, id: undefined, body });
  const [draft, setDraft] = useState(() => draftOf(search, body));
  const [seen, setSeen] = useState(asked);
  // What is missing is told after the first try, and goes as soon as it is there.
  const [checked, setChecked] = useState(false);
  const missing = checked ? problemsOf(draft) : {};
  // Back and forward bring another question. What is typed stays when the address has not changed.
  if (asked !== seen) {
    setSeen(asked);
    setDraft(draftOf(search, body));
  }
  const question = questionOf(search, body);
  const answer = useQuery(explainQuery(question));
  const ask = () => {
    setChecked(true);
    if (Object.values(problemsOf(draft)).some((message) => message !== undefined)) return;
    const next = searchOf(draft);
    void client.invalidateQueries(explainQuery(questionOf(next, bodyOf(draft))));
    onAsk({ ...next, tab: search.tab }, bodyOf(draft));
  };
  const problem = answer.error === null ? null : ApiProblem.from(answer.error);
  const refused = refusedFields(problem);
  const elsewhere = problem !== null && Object.values(refused).every((message) => message === undefined);
  return (
    <div className={classes.columns}>
      <QuestionForm draft={draft} onChange={setDraft} problems={{ ...refused, ...defined(missing) }} busy={answer.isFetching} onSubmit={ask} />
      <div aria-live="polite" className={classes.answer}>
        {elsewhere && <ErrorNote error={problem} title="The question was not answered" onRetry={() => void answer.refetch()} />}
        {question === null && <EmptyState title="Nothing asked yet">Choose a key or a role, and a request.</EmptyState>}
        {question !== null && answer.isPending && problem === null && <Skeleton height={260} radius="md" />}
        {question !== null && answer.data !== undefined && problem === null && <Answer question={question} answer={answer.data} />}
      </div>
    </div>
  );
}

function refusedFields(problem: ApiProblem | null): Problems {
  if (problem === null) return {};
  const names = ['key', 'role', 'path', 'from', 'at', 'method', 'body'] as const;
  const fields = Object.fromEntries(names.map((name) => [name, problem.field(name)]));
  // The key or the role may be gone.
  return problem.status === 404 ? { key: problem.detail, role: problem.detail } : fields;
}

function defined(problems: Problems): Problems {
  return Object.fromEntries(Object.entries(problems).filter(([, message]) => message !== undefined));
}
