// Keeps the reader's place in a list that grows at both ends.
//
// At the lower edge one stays at the lower edge. Anywhere else, the first visible row stays where it is on the screen, whatever
// is put in above it or changes its height. Browsers do this to different degrees (Safari hardly), so it is done here for
// all of them, and theirs is switched off in the style sheet.

import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Signal } from '@preact/signals';
import { scrolling } from './viewport';

/** Closer than this to the lower edge counts as being there. */
const EDGE_PX = 48;

interface Place {
  atEnd: boolean;
  row: HTMLElement | null;
  /** Of the row, from the upper edge of the scroller. */
  top: number;
  /** Of the scroller and of what it holds: if these change, it was not the reader who moved. */
  height: number;
  full: number;
}

const AT_END: Place = { atEnd: true, row: null, top: 0, height: 0, full: 0 };

export interface Anchor {
  scroller: RefObject<HTMLDivElement | null>;
  list: RefObject<HTMLOListElement | null>;
  toEnd: (smooth: boolean) => void;
}

export function useAnchor(atEnd: Signal<boolean>): Anchor {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const place = useRef<Place>(AT_END);

  const hold = (): void => {
    if (!scroller.current || !list.current) return;
    restore(scroller.current, place.current);
    place.current = look(scroller.current, list.current);
  };
  // After every drawing, before it is painted: nobody sees the jump.
  useLayoutEffect(hold);

  useEffect(() => {
    const [outer, inner] = [scroller.current, list.current];
    if (!outer || !inner) return;
    const moved = (): void => {
      const { height, full } = place.current;
      // A scroller that grows is scrolled by the browser, and says so before it says that it has grown.
      if (outer.clientHeight !== height || outer.scrollHeight !== full) hold();
      else place.current = look(outer, inner);
      atEnd.value = place.current.atEnd;
    };
    // The composer grows, the keyboard comes up, the phone is turned.
    const resized = new ResizeObserver(hold);
    resized.observe(outer);
    resized.observe(inner);
    outer.addEventListener('scroll', moved, { passive: true });
    return () => {
      resized.disconnect();
      outer.removeEventListener('scroll', moved);
    };
  }, []);

  const toEnd = (smooth: boolean): void => {
    if (!smooth) place.current = AT_END;
    const top = scroller.current?.scrollHeight ?? 0;
    scroller.current?.scrollTo({ top, behavior: smooth ? scrolling() : 'instant' });
  };
  return { scroller, list, toEnd };
}

function restore(scroller: HTMLElement, place: Place): void {
  let by = 0;
  if (place.atEnd) by = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  else if (place.row?.isConnected) by = topOf(place.row, scroller) - place.top;
  // Even a scroll by nothing would break off a smooth one that is under way.
  if (Math.abs(by) >= 1) scroller.scrollTop += by;
}

function look(scroller: HTMLElement, list: HTMLElement): Place {
  const { scrollHeight: full, clientHeight: height, scrollTop } = scroller;
  const row = firstVisible(scroller, list);
  return {
    atEnd: full - height - scrollTop < EDGE_PX,
    row,
    top: row ? topOf(row, scroller) : 0,
    height,
    full,
  };
}

/** By halving: a long conversation has thousands of rows, and this runs while scrolling. */
function firstVisible(scroller: HTMLElement, list: HTMLElement): HTMLElement | null {
  const rows = list.children;
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle] as HTMLElement;
    if (topOf(row, scroller) + row.offsetHeight > 0) high = middle;
    else low = middle + 1;
  }
  // Dividers move when older posts of their day come in; posts stay where they are.
  while (rows[low]?.classList.contains('divider')) low += 1;
  return (rows[low] as HTMLElement | undefined) ?? null;
}

function topOf(row: HTMLElement, scroller: HTMLElement): number {
  return row.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
}
