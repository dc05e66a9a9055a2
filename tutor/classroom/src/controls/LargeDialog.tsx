import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./Icon";

/**
 * A dialog with room for work, open while it is drawn. Escape, its button and `close` of its children end it
 * by `closed`; the focus goes back to where it was.
 */
export function LargeDialog({
  title,
  closed,
  cancel,
  children,
}: {
  title: string;
  closed: () => void;
  /** Called in place of closing when Escape is pressed, where there is a step back to go. */
  cancel?: (() => void) | undefined;
  children: (close: () => void) => ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  // A button that was pressed may have gone; the keyboard goes on in the dialog.
  useEffect(() => {
    if (document.activeElement === document.body) {
      dialog.current?.focus({ preventScroll: true });
    }
  });
  const close = () => dialog.current?.close();
  return (
    <dialog
      class="large"
      ref={dialog}
      tabIndex={-1}
      aria-labelledby="large-dialog-title"
      onClose={closed}
      onCancel={(event) => {
        if (cancel && event.target === dialog.current) {
          event.preventDefault();
          cancel();
        }
      }}
    >
      <header class="large-head">
        <h2 class="dialog-title" id="large-dialog-title">
          {title}
        </h2>
        <button type="button" class="small quiet" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {children(close)}
    </dialog>
  );
}
