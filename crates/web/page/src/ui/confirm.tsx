// The server found something like a phone number: show what, and let the person decide.

import type { Finding } from '../sdk';
import type { Pending, RoomState } from '../state/room';
import { text } from '../text';
import { Dialog, closeAround } from './dialog';

interface Props {
  room: RoomState;
  pending: Pending;
  onFix: () => void;
}

export function ConfirmDialog({ room, pending, onFix }: Props) {
  const { confirm: words } = text.value;
  const findings = pending.fate.kind === 'asking' ? pending.fate.findings : [];
  const fix = (): void => {
    room.takeBack(pending.key);
    onFix();
  };
  return (
    <Dialog kind="card" labelledBy="confirm-title" testId="confirm-dialog" onClose={fix}>
      <h3 id="confirm-title">{words.title}</h3>
      <p>{words.body}</p>
      <blockquote class="found">{marked(pending.body, findings)}</blockquote>
      <p class="fine">{kindsText(findings)}</p>
      <div class="buttons">
        <button type="button" class="button quiet" onClick={() => room.retry(pending.key, true)}>
          {words.sendAnyway}
        </button>
        <button
          type="button"
          class="button"
          onClick={(event) => {
            closeAround(event.currentTarget);
            fix();
          }}
        >
          {words.fix}
        </button>
      </div>
    </Dialog>
  );
}

function kindsText(findings: Finding[]): string {
  const { kinds, otherKind } = text.value.confirm;
  return [...new Set(findings.map(({ kind }) => kinds[kind] ?? otherKind))].join(', ');
}

/** Offsets count code points of the normalised text, and not the half characters of a JavaScript string. */
function marked(body: string, findings: Finding[]) {
  const points = [...body.normalize('NFC')];
  const sorted = [...findings].sort((a, b) => a.start - b.start);
  const parts = [];
  let done = 0;
  for (const { start, end } of sorted) {
    if (start < done) continue;
    parts.push(points.slice(done, start).join(''), <mark>{points.slice(start, end).join('')}</mark>);
    done = end;
  }
  parts.push(points.slice(done).join(''));
  return parts;
}
