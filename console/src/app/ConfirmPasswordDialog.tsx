import { api } from '../api/client';
import { useGate } from '../api/gate';
import { Dialog } from '../shared/Dialog';
import { AskPasswordForm } from './AskPasswordForm';

/** Opens when a call needs a password that was given not long ago; the call goes on by itself afterwards. */
export function ConfirmPasswordDialog({ email }: { email: string }) {
  const gate = useGate('confirm');
  const opened = gate !== null;
  const cancel = () => gate?.settle(false);
  const send = async (password: string) => {
    await api.POST('/console/api/session/confirm', { body: { password } });
    gate?.settle(true);
  };
  return (
    <Dialog opened={opened} onClose={cancel} title="Confirm your password" size="sm" zIndex={400}>
      <AskPasswordForm
        email={email}
        reason="This shows or uses a secret, so give your password once more."
        submit="Confirm"
        send={send}
        onCancel={cancel}
      />
    </Dialog>
  );
}
