import { useEffect, useRef } from "preact/hooks";

interface Props {
  open: boolean;
  title: string;
  text: string;
  yes: string;
  answered: (yes: boolean) => void;
}

/** A question before something is replaced. Escape answers no. */
export function ConfirmDialog({ open, title, text, yes, answered }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) {
      dialog.current?.showModal();
    }
  }, [open]);
  const answer = (yes: boolean) => {
    // First, for closing gives the focus back to where it was; `answered` may move it on.
    dialog.current?.close();
    answered(yes);
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby="confirm-title"
      aria-describedby="confirm-text"
      onCancel={() => answered(false)}
    >
      <h2 id="confirm-title" class="dialog-title">
        {title}
      </h2>
      <p id="confirm-text">{text}</p>
      <div class="dialog-buttons">
        <button type="button" onClick={() => answer(false)}>
          Cancel
        </button>
        <button type="button" class="primary" onClick={() => answer(true)}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
