// Copies a text, and says so in its own place.

import { useSignal } from '@preact/signals';

const SAID_MS = 2_500;

interface Props {
  class: string;
  label: string;
  copied: string;
  what: string;
}

export function CopyButton({ class: classes, label, copied, what }: Props) {
  const done = useSignal(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(what);
      done.value = true;
      setTimeout(() => (done.value = false), SAID_MS);
    } catch {
      // A browser that forbids it: what is to be copied stands on the screen.
    }
  };
  return (
    <>
      <button type="button" class={classes} onClick={() => void copy()}>
        {done.value ? copied : label}
      </button>
      <span class="hidden" role="status">
        {done.value && copied}
      </span>
    </>
  );
}
