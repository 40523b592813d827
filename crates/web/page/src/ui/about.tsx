// What a programme is, who is in it, what is kept and what is not protected: before anybody writes, and later for whoever wants
// to read it again.

import type { ComponentChildren } from 'preact';
import type { ProgrammeInfo, RoleInfo } from '../sdk';
import type { ProgrammeState } from '../state/programme';
import { text } from '../text';
import { Dialog } from './dialog';
import { HourglassIcon, KeyIcon, Logo, MaskIcon, PeopleIcon, PenIcon } from './icons';
import { LanguageSwitch } from './language';

export function AboutSections({ programme }: { programme: ProgrammeInfo }) {
  const { about: words } = text.value;
  const { purposes = [], roles = [], language, retention_days } = programme;
  const seats = roles.reduce((sum, role) => sum + role.seats, 0);
  return (
    <ul class="points">
      {purposes.length > 0 && (
        <Point icon={<PenIcon />} title={words.purposes}>
          <ul class="purposes" lang={language}>
            {purposes.map((purpose) => (
              <li key={purpose}>{purpose}</li>
            ))}
          </ul>
        </Point>
      )}
      <Point icon={<KeyIcon />} title={words.who}>
        {roles.length > 0 && (
          <ul class="roles">
            {roles.map((role) => (
              <Role key={role.id} role={role} language={language} />
            ))}
          </ul>
        )}
        <p>{words.whoBody}</p>
      </Point>
      <Point icon={<PeopleIcon />} title={words.size}>
        <p>{seats > 0 ? words.sizeBody(seats) : words.sizeUnknown}</p>
      </Point>
      <Point icon={<HourglassIcon />} title={words.kept}>
        <p>{words.keptBody(retention_days)}</p>
      </Point>
      <Point icon={<MaskIcon />} title={words.limits}>
        <ul class="limits">
          {words.limitList.map((limit) => (
            <li key={limit}>{limit}</li>
          ))}
        </ul>
      </Point>
    </ul>
  );
}

function Point({
  icon,
  title,
  children,
}: {
  icon: ComponentChildren;
  title: string;
  children: ComponentChildren;
}) {
  return (
    <li>
      <span class="point-icon">{icon}</span>
      <div>
        <h3>{title}</h3>
        {children}
      </div>
    </li>
  );
}

function Role({ role, language }: { role: RoleInfo; language: string }) {
  const { about: words } = text.value;
  const { name, seats, admission, eligibility } = role;
  return (
    <li>
      <strong lang={language}>{name}</strong> {words.seats(seats)}
      <span>
        {eligibility !== undefined && <span lang={language}>{eligibility}, </span>}
        {words.admission[admission] ?? admission}
      </span>
    </li>
  );
}

export function AboutDialog({ programme, onClose }: { programme: ProgrammeInfo; onClose: () => void }) {
  const { about: words, close } = text.value;
  return (
    <Dialog kind="card" labelledBy="about-title" testId="about" onClose={onClose}>
      <p class="organisation">{programme.organisation}</p>
      <h3 id="about-title" lang={programme.language} tabIndex={-1} autofocus>
        {programme.name}
      </h3>
      <h4 class="hidden">{words.again}</h4>
      <AboutSections programme={programme} />
      <div class="buttons">
        <button type="button" class="button" onClick={onClose}>
          {close}
        </button>
      </div>
    </Dialog>
  );
}

/** For who came in without having read it in this browser, as with words that bring a place back. */
export function Briefing({ programme, info }: { programme: ProgrammeState; info: ProgrammeInfo }) {
  const { about: words } = text.value;
  return (
    <main class="entrance welcome" data-testid="briefing">
      <LanguageSwitch />
      <header>
        <Logo />
        <p class="organisation">{info.organisation}</p>
        <h1 lang={info.language}>{info.name}</h1>
      </header>
      <section class="facts" aria-labelledby="points-title">
        <h2 id="points-title">{words.title}</h2>
        <AboutSections programme={info} />
      </section>
      <div class="enter">
        <button type="button" class="button large" onClick={() => programme.briefed()}>
          {words.understood}
        </button>
      </div>
    </main>
  );
}
