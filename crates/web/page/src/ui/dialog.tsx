// A modal on the browser's own <dialog>: focus stays inside, Escape closes, and the page behind is inert.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  labelledBy: string;
  /** A sheet rises from the lower edge of a phone, where the thumb is. */
  kind: 'sheet' | 'card';
  testId: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ labelledBy, kind, testId, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog ${kind}`}
      aria-labelledby={labelledBy}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // The dialog itself is only hit where its content is not: on the backdrop.
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

/**
 * Closes the dialog around an element before anything is drawn again: what is behind it can then take the focus within the
 * same tap, without which a phone would not bring up its keyboard.
 */
export function closeAround(element: Element): void {
  element.closest('dialog')?.close();
}
