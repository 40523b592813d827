// The few icons of the page, drawn inline: nothing is fetched, and they take the text's colour.

import type { ComponentChildren } from 'preact';

function icon(children: ComponentChildren) {
  return () => (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const BackIcon = icon(<path d="M15 5l-7 7 7 7" />);
export const CloseIcon = icon(<path d="M6 6l12 12M18 6L6 18" />);
export const DownIcon = icon(<path d="M6 9.500l6 6 6-6" />);
export const ReplyIcon = icon(<path d="M10 6L4.500 11.500 10 17M5 11.500h8a6.500 6.500 0 0 1 6.500 6.500" />);
export const CopyIcon = icon(<path d="M9 9h10v11H9zM6 15H5V4h10v2" />);
export const RedrawIcon = icon(<path d="M19.500 12a7.500 7.500 0 1 1-2.200-5.300M19.500 3.500v4h-4" />);
export const RetractIcon = icon(
  <path d="M5 7h14M9.500 7V4.500h5V7M7 7l.8 12.500h8.400L17 7M10.500 11v5M13.500 11v5" />,
);
export const LeaveIcon = icon(<path d="M13 4.500H5.500v15H13M10 12h10M16.500 8.500L20 12l-3.500 3.500" />);
export const SendIcon = icon(<path d="M12 19V5.500M6 11.200l6-6 6 6" />);
export const DoneIcon = icon(<path d="M5 12.500l4.500 4.500L19 7.500" />);
export const PeopleIcon = icon(
  <path d="M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.800 19.500a6.200 6.200 0 0 1 12.400 0M16 4.800a3.500 3.500 0 0 1 0 6.400M18 14.200a6.200 6.200 0 0 1 3.200 5.300" />,
);
export const PauseIcon = icon(<path d="M9 6v12M15 6v12" />);
export const MoreIcon = icon(
  <>
    <circle class="filled" cx="5.500" cy="12" r="1.600" />
    <circle class="filled" cx="12" cy="12" r="1.600" />
    <circle class="filled" cx="18.500" cy="12" r="1.600" />
  </>,
);
export const ReactIcon = icon(
  <path d="M19.800 10.300a8.500 8.500 0 1 1-6.100-6.100M8 14.200a4.600 4.600 0 0 0 7.400 0M8.700 9.700v.2M14.700 9.700v.2M18.500 2.500v6M15.500 5.500h6" />,
);
export const KeyIcon = icon(
  <path d="M14.500 14a4.500 4.500 0 1 0-4.200-2.800L4 17.500V20h3v-2h2v-2l2-1.500M15.500 8.700v.1" />,
);
export const MaskIcon = icon(
  <path d="M3.500 8.500c5.500-2 11.500-2 17 0 0 5.500-2 8.500-5 8.500-1.800 0-2.300-1.700-3.500-1.700s-1.700 1.700-3.500 1.700c-3 0-5-3-5-8.500zM7.500 11.500h2.500M14 11.500h2.500" />,
);
export const HourglassIcon = icon(
  <path d="M6.500 3.500h11M6.500 20.500h11M8 3.500c0 5 8 5.500 8 8.500s-8 3.500-8 8.500M16 3.500c0 5-8 5.500-8 8.500s8 3.500 8 8.500" />,
);
export const QuestionIcon = icon(
  <path d="M4.500 5h15v11.500h-8L7 20v-3.500H4.500zM9.700 9.200a2.300 2.300 0 1 1 3.300 2.100c-.7.3-1 .7-1 1.400M12 14.300v.1" />,
);
export const NoticeIcon = icon(<path d="M5 10v4h2.500L14 18V6l-6.500 4zM17 9.500a4 4 0 0 1 0 5" />);
export const ClockIcon = icon(
  <path d="M12 4.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15zM12 8v4.300l2.800 1.700" />,
);
export const ClosedIcon = icon(<path d="M6.500 11h11v8.500h-11zM8.500 11V8a3.500 3.500 0 0 1 7 0v3" />);
export const InfoIcon = icon(<path d="M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8v.1" />);
export const PenIcon = icon(<path d="M4.500 19.500l1-4.500L16 4.500l3.500 3.500L9 18.500z" />);

/** Two who belong together: the mark of the house. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path class="logo-one" d="M8 29a15 15 0 1 1 9.500 14L9 47l2.200-8.600A15 15 0 0 1 8 29z" />
      <path class="logo-two" d="M56 33a15 15 0 1 0-9.500 14L55 51l-2.200-8.600A15 15 0 0 0 56 33z" />
    </svg>
  );
}
