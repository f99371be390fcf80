import { api, data } from '../api/client';
import { useGate } from '../api/gate';
import { setSession } from '../api/session';
import { Dialog } from '../shared/Dialog';
import { AskPasswordForm } from './AskPasswordForm';

/** Opens over the page when the session is over, so that nothing typed is lost; the call is repeated afterwards. Above a confirmation, which may
 *  have found the session over. */
export function SignInAgainDialog({ email }: { email: string }) {
  const gate = useGate('sign-in');
  const opened = gate !== null;
  const cancel = () => gate?.settle(false);
  const send = async (password: string) => {
    setSession(await data(api.POST('/console/api/session', { body: { email, password } })));
    gate?.settle(true);
  };
  return (
    <Dialog opened={opened} onClose={cancel} title="Sign in again" size="sm" closeOnClickOutside={false} zIndex={410}>
      <AskPasswordForm
        email={email}
        reason={`The session of ${email} is over. What you typed is still here.`}
        submit="Sign in"
        send={send}
        onCancel={cancel}
      />
    </Dialog>
  );
}
