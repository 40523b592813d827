// The first screen of a programme: whose it is, and what is promised and what is not, before anything is written.

import type { ProgrammeState } from '../state/programme';
import { text } from '../text';
import { HourglassIcon, KeyIcon, Logo, MaskIcon, PenIcon } from './icons';
import { LanguageSwitch } from './language';
import { StatusLine } from './status';

const POINT_ICONS = [KeyIcon, MaskIcon, HourglassIcon, PenIcon];

export function Welcome({ programme }: { programme: ProgrammeState }) {
  const { welcome: words } = text.value;
  const preview = programme.preview.value;
  if (!preview) return <Loading programme={programme} />;
  const { name, organisation, language, retention_days } = preview.programme;
  const entering = programme.entering.value;
  return (
    <main class="entrance welcome" data-testid="welcome">
      <LanguageSwitch />
      <header>
        <Logo />
        <p class="organisation">{organisation}</p>
        <h1 lang={language}>{name}</h1>
        <p class="role">{words.asRole(preview.role.name)}</p>
      </header>
      <section class="points" aria-labelledby="points-title">
        <h2 id="points-title">{words.howTitle}</h2>
        <ul>
          {words.points(retention_days).map(([title, body], index) => (
            <Point key={index} title={title ?? ''} body={body ?? ''} index={index} />
          ))}
        </ul>
      </section>
      <div class="enter">
        <button
          type="button"
          class="button large"
          // Not `disabled`: that would drop the focus, and with it where a screen reader is.
          aria-disabled={entering}
          onClick={() => void programme.enter()}
        >
          {entering ? words.entering : words.enter}
        </button>
      </div>
      <StatusLine programme={programme} />
    </main>
  );
}

function Point({ title, body, index }: { title: string; body: string; index: number }) {
  const Icon = POINT_ICONS[index] ?? PenIcon;
  return (
    <li>
      <span class="point-icon">
        <Icon />
      </span>
      <div>
        <h3>{title}</h3>
        <p>{body}</p>
      </div>
    </li>
  );
}

function Loading({ programme }: { programme: ProgrammeState }) {
  return (
    <main class="entrance notice" data-testid="loading">
      <LanguageSwitch />
      <Logo />
      <p role="status">{text.value.welcome.loading}</p>
      <StatusLine programme={programme} />
    </main>
  );
}
