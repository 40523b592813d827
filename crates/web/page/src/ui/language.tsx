// Korean or English, one tap.

import { language, switchLanguage, text } from '../text';

export function LanguageSwitch() {
  const { switchLanguage: label, switchLanguageLabel } = text.value;
  return (
    <button
      type="button"
      class="language"
      lang={language.value === 'ko' ? 'en' : 'ko'}
      aria-label={`${label}: ${switchLanguageLabel}`}
      onClick={switchLanguage}
    >
      {label}
    </button>
  );
}
