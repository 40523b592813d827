// Why a session ended, in words.

import type { EndReason } from '../sdk';
import { refusalText, text } from './index';

export function endText(reason: EndReason): string {
  const { ended, closings } = text.value;
  if (reason.kind === 'refused') return refusalText(reason.rejection.message);
  if (reason.kind === 'closed') return closings[reason.code] ?? ended.closed(reason.code);
  if (reason.kind === 'foreign_challenge') return ended.foreign;
  return ended.title;
}
