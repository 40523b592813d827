// A screen with one thing to say, for when nothing else can be shown.

import type { ComponentChildren } from 'preact';
import { LanguageSwitch } from './language';
import { Logo } from './icons';

export function Notice({
  title,
  body,
  children,
}: {
  title: string;
  body: string;
  children?: ComponentChildren;
}) {
  return (
    <main class="entrance notice" data-testid="notice">
      <LanguageSwitch />
      <Logo />
      <h1>{title}</h1>
      <p>{body}</p>
      {children && <div class="buttons">{children}</div>}
    </main>
  );
}
