// How high the page may be. Phones slide a keyboard over the page; the part that stays visible is told to the style sheet,
// so that the composer sits on the keyboard and not under it.

import { useEffect } from 'preact/hooks';

export function useViewportHeight(): void {
  useEffect(() => {
    const viewport = window.visualViewport;
    if (!viewport) return;
    const tell = (): void => {
      // Pinched in, the visible part is smaller for another reason: leave the page as it is.
      if (viewport.scale > 1.01) return;
      document.documentElement.style.setProperty('--viewport-height', `${Math.round(viewport.height)}px`);
      // iOS scrolls the page away under the keyboard; it fits now, so there is nothing to scroll.
      window.scrollTo(0, 0);
    };
    tell();
    viewport.addEventListener('resize', tell);
    return () => viewport.removeEventListener('resize', tell);
  }, []);
}

/** A mouse, so most likely a keyboard too: Enter sends. On a phone, Enter is for a new line. */
export function hasFinePointer(): boolean {
  return matchMedia('(hover: hover) and (pointer: fine)').matches;
}

/** How to scroll to a place that was asked for: at once, for those whom movement disturbs. */
export function scrolling(): ScrollBehavior {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth';
}

/** Wide enough for the list and a room side by side; the style sheet says the same. */
export function isWide(): boolean {
  return matchMedia('(min-width: 52rem)').matches;
}
