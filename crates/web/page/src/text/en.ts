// Everything the page says, in English.

import { enCodes } from './en-codes';
import type { Text } from './ko';

export const en: Text = {
  appName: 'Kkanbu',
  tagline: 'Ask anything, without anyone knowing who asks',
  switchLanguage: '한국어',
  switchLanguageLabel: 'Show this page in Korean',
  back: 'Back',
  cancel: 'Cancel',
  close: 'Close',

  home: {
    title: 'Welcome to Kkanbu',
    intro:
      'Anonymous mentor rooms, set up by your organisation. Everyone here is entitled to be here, and nobody can tell who is who, not even the operator.',
    pasteLabel: 'Your join link',
    pastePlaceholder: 'Paste the link here',
    open: 'Open',
    notALink: 'This does not look like a join link. Please paste the whole link that you were given.',
    elsewhere: 'This link belongs to another server. Please open it in the address bar of your browser.',
    joined: 'Programmes joined in this browser',
    forgetful: 'Your place is kept in this browser alone. Clearing its history and site data removes it.',
  },

  welcome: {
    loading: 'Looking up the programme…',
    connecting: 'Connecting…',
    asRole: (role) => `You take part as ${role}`,
    enter: 'Come in',
    entering: 'Taking your place…',
    restore: 'I have been in before (bring my place back)',
  },

  about: {
    title: 'Before you come in',
    again: 'About this programme',
    open: 'About this programme',
    understood: 'I understand',
    purposes: 'What it is for',
    who: 'Who can come in',
    whoBody:
      'Only people who were given a join link, and each link has a fixed number of places. No name, no account. Each room gives you a random handle, and even the operator cannot tell whose it is.',
    seats: (seats) => (seats === 1 ? '1 person' : `${seats} people`),
    admission: { 'first-come': 'first come, first served', screened: 'open call, then reviewed' },
    size: 'How many we are',
    sizeBody: (seats) =>
      `At most ${seats} in all. How many are in a room is shown only roughly, as ‘10–29 people’, and nobody sees who is online.`,
    sizeUnknown:
      'How many are in a room is shown only roughly, as ‘10–29 people’, and nobody sees who is online.',
    kept: 'What is kept, and until when',
    keptBody: (days) =>
      `Posts and reactions, with handle and time to the minute, are kept encrypted for ${days} days. What has expired or was taken back is deleted from the server’s files within an hour. Backups made before then keep it until they are deleted themselves. Addresses and devices are not stored.`,
    limits: 'What this cannot protect you from',
    limitList: [
      'How you write, and what you tell about yourself, may give you away.',
      'In a very small room, guessing is easier.',
      'A network at work can see when you connect. Use mobile data if that worries you.',
      'Whoever gets hold of your phone can read the conversations on it.',
      'The organisation that invites people can seat its own, and whoever is handed a link can come in.',
      'An operator who tampers with the server cannot be kept out.',
    ],
  },

  place: {
    inAppTitle: 'This page is open inside another app',
    apps: {
      kakaotalk: 'KakaoTalk',
      naver: 'the Naver app',
      line: 'LINE',
      instagram: 'Instagram',
      facebook: 'Facebook',
      band: 'BAND',
      daum: 'the Daum app',
      other: 'another app',
    },
    inApp: (app) =>
      `What you see is a temporary window of ${app}. If you come in here, the app may throw your place away. Please open the page in a browser such as Chrome, Safari or Samsung Internet.`,
    outside: 'Open in another browser',
    byHand:
      'In the menu in the corner (⋯ or share), choose “Open in browser” or “Open in Safari”. If there is none, copy the link and paste it into your browser.',
    copyLink: 'Copy the link',
    copied: 'Copied',
    privateTitle: 'This looks like a private window',
    private:
      'Your place disappears when you close it. Please open the link in a normal window. If you come in here all the same, be sure to write down the words on the next screen.',
    anyway: 'I know. Come in all the same',
  },

  words: {
    title: 'Write down the words that bring your place back',
    body: 'The key to your place is in this browser alone. It is gone when you clear your history or change phones. With these words, or the file, you can bring it back then.',
    list: '12 recovery words, in this order',
    programme: 'Programme',
    once: 'The words can be seen only now. Whoever knows them can come in as you: keep them on paper or where only you look, and not on a computer or messenger of your office.',
    persisted: 'This browser has promised to keep your place.',
    notPersisted:
      'This browser has not promised to keep your place. It may drop it when you stay away for long or it runs out of space, so do write the words down.',
    making: 'Making the words…',
    failed: 'The words could not be loaded. Please check your connection.',
    save: 'Save as a file',
    saved: 'The file was saved. Please look among your downloads.',
    copy: 'Copy the words',
    done: 'I have written them down',
    later: 'Later',
    reminderTitle: 'Your recovery words are not saved yet',
    reminder: 'Once this page is closed they cannot be seen again.',
    show: 'Show the words',
    file: 'Kkanbu recovery file. Whoever knows these words can use this place. Do not give it to anyone.\r\n깐부 복구 파일입니다. 아래 단어를 아는 사람은 이 자리를 쓸 수 있습니다. 남에게 주지 마세요.',
    fileName: 'kkanbu-recovery',
  },

  restore: {
    title: 'Bring your place back',
    open: 'Bring my place back with words or a file',
    body: 'Type the 12 recovery words that you wrote down, in their order, or choose the file that you saved. You go on under the same handles.',
    words: '12 recovery words',
    programme: 'Programme (the name beside your words) or join link',
    file: 'Choose a file',
    go: 'Bring back',
    working: 'Checking…',
    count: (count) => `There must be 12 words; so far there ${count === 1 ? 'is 1' : `are ${count}`}.`,
    unknown: (word) => `‘${word}’ is not a recovery word. Please check its spelling.`,
    checksum: 'The order or one of the words is not right. Please check them once more.',
    noProgramme: 'Please give the programme’s name or your join link.',
    elsewhere: (server) => `This file belongs to another server. Please bring your place back at ${server}.`,
    unreadable: 'This recovery file could not be read.',
    missingTitle: 'This browser has no key',
    missing:
      'What was stored has been cleared, or this is another device. Bring your place back with your words or file, or come in again by your join link.',
  },

  barrier: {
    offlineTitle: 'You are not connected to the internet',
    offline: 'This page goes on by itself once you are. What you wrote is safe.',
    serverTitle: 'The server cannot be reached',
    server:
      'It seems to have stopped for a moment. It is tried again by itself. If this lasts, please tell your organiser.',
    websocketTitle: 'This network blocks live connections',
    websocket:
      'The page opens, but the connection for the conversation (WebSocket) is blocked on its way. Mobile data usually works at once.',
    details: 'Details',
    forIt: 'What to ask your IT department for',
    request: (url) =>
      `Please allow WebSocket connections (RFC 6455, HTTP Upgrade) to ${url}. Proxies and security devices must leave the headers Upgrade and Connection in place, and must not cut connections that are quiet for 60 seconds.`,
    copy: 'Copy the request',
    retry: 'Try again',
  },

  update: {
    available: 'There is a new version',
    now: 'Reload',
    later: 'Later',
    install: 'Install as an app',
  },

  rooms: {
    people: (band) =>
      band.endsWith('+') ? `${band.slice(0, -1)} or more people` : `${band.replace('-', '–')} people`,
    unread: (count) => (count === 1 ? '1 new post' : `${count} new posts`),
    frozen: 'Paused',
    upcoming: (when) => `Opens ${when}`,
    upcomingSometime: 'Not open yet',
    closed: 'Closed',
    closes: (when) => `Until ${when}`,
    openQuestions: (count) =>
      count === 1 ? '1 question waits for an answer' : `${count} questions wait for an answer`,
    next: (what, when) => `Next: ${what}, ${when}`,
    menu: 'Programme menu',
    notJoined: 'You have not entered this room yet',
    empty: 'No room is open at the moment.',
    pick: 'Choose a room.',
    none: 'No posts yet',
    mine: 'You',
  },

  room: {
    loading: 'Loading posts…',
    loadFailed: 'The posts could not be loaded.',
    retry: 'Try again',
    start: 'This is where the room begins',
    empty: 'No posts yet. Why not say hello first?',
    log: (room) => `Conversation in ${room}`,
    newPosts: (count) => (count === 1 ? '1 new post' : `${count} new posts`),
    toBottom: 'To the latest',
    unreadFrom: 'New from here',
    frozen:
      'The moderators have paused this room. You can read for now, and take your own posts back, but not write.',
    closed: (days) => `This room has closed. Posts can be read until they are ${days} days old.`,
    closedOutside: 'This room has closed, so nobody new can come in.',
    upcoming: (when) => `This room opens ${when}. You can come in then.`,
    upcomingSometime: 'This room is not open yet. Once it is, you can come in right here.',
    muted: (when) =>
      `The moderators have stopped you from writing in this room. You can write again from ${when}. Until then you can read, and take your own posts back.`,
    mutedCheck: 'Check again',
    kept: 'What you were writing is kept',
    removedTitle: 'The moderators have put you out of this room',
    removed:
      'You cannot see this room or come back to it. Your other rooms are as before. If the moderators take this back, you can come in again.',
    removedCare:
      'If you ask your organiser about it, remember that naming your handle tells them who you are.',
    otherRooms: 'See other rooms',
    tryEnter: 'Try to come in again',
    notice: 'Notice',
    noticeMore: 'Show all',
    noticeLess: 'Show less',
    noticeNew: (notice) => `New notice: ${notice}`,
    menu: 'Room menu',
    yourHandle: 'Your handle in this room',
    redraw: 'Draw another handle',
    redrawHint: 'Possible until your first post.',
    redrawn: (handle) => `Your handle is now ‘${handle}’`,
    leave: 'Leave the room',
    leaveTitle: (room) => `Leave ‘${room}’?`,
    leaveBody:
      'Your handle will be gone for good. If you come back you get a new one, and what you have written so far can no longer be edited.',
    leaveYes: 'Leave',
    outside: 'You are not in this room.',
    enter: 'Enter the room',
    joining: 'Entering the room…',
    manyNew: (count) => `${count} new posts came in`,
  },

  post: {
    you: 'You',
    edited: 'edited',
    retracted: 'This post was taken back',
    hidden: 'The moderators have hidden this post',
    question: 'Question',
    answered: 'Answered',
    markAnswered: 'Mark as answered',
    markOpen: 'Wait for more answers',
    replyTo: (author) => `Replying to ${author}`,
    replyToMe: 'Replying to yourself',
    olderPost: 'an earlier post',
    goToQuoted: 'Go to the post that this answers',
    actions: (author) => `Reply or react to the post by ${author}`,
    ownActions: 'Reply to, change or take back your post',
    reply: 'Reply',
    copy: 'Copy text',
    edit: 'Change the post',
    retract: 'Take the post back',
    react: 'React',
    reaction: (reaction, count, mine) => `${reaction} ${count}${mine ? ', including you' : ''}`,
    sending: 'Sending',
    failed: 'Not sent',
    retry: 'Send again',
    unfold: 'Show all',
    discard: 'Discard',
    takeBack: 'Change it',
  },

  composer: {
    label: 'Write a post',
    placeholder: 'Write a post',
    send: 'Send',
    hint: 'Enter sends, Shift+Enter starts a new line',
    left: (count) => `${count} left`,
    over: (count) => `${count} too many`,
    overBytes: 'This is too long. Please send it in parts.',
    cancelReply: 'Cancel the reply',
    editing: 'Changing your post',
    cancelEdit: 'Stop changing',
    save: 'Save the change',
    mention: 'Whom to mention',
    question: 'Post as a question',
    questionHint: 'It stays among the questions until it is answered',
    slow: (wait) => `Slow mode: you can send in ${wait}.`,
    slowNow: (seconds) => `Slow mode: ${seconds} seconds between two posts.`,
    wait: (seconds) =>
      seconds < 60
        ? `${seconds} s`
        : `${Math.floor(seconds / 60)} min${seconds % 60 ? ` ${seconds % 60} s` : ''}`,
  },

  questions: {
    title: 'Questions that wait for an answer',
    button: (count) => (count === 0 ? 'Questions' : `Questions, ${count} waiting for an answer`),
    empty: 'No question waits for an answer now.',
    hint: 'Posts sent with “Post as a question” are gathered here.',
    more: 'Show earlier questions',
    loading: 'Loading questions…',
    failed: 'The questions could not be loaded.',
    goTo: 'Go to this question',
    tooOld: 'That post is too old to be found in the conversation.',
  },

  retract: {
    title: 'Take this post back?',
    body: 'It disappears from every screen, and only a note remains in its place. This cannot be undone, and some may have read it by now.',
    yes: 'Take back',
  },

  confirm: {
    title: 'This may hold personal information',
    body: 'The marked parts look like something that identifies a person. Once sent, everybody in the room sees it.',
    kinds: {
      phone: 'phone number',
      resident_number: 'resident registration number',
      email: 'e-mail address',
      staff_number: 'staff number',
    },
    otherKind: 'personal information',
    sendAnyway: 'Send anyway',
    fix: 'Change it',
  },

  status: {
    connecting: 'Connecting…',
    reconnecting: 'Reconnecting… what you wrote is safe.',
    back: 'Connected again',
  },

  ended: {
    title: 'The connection has ended',
    refusedTitle: 'You cannot come in',
    closed: (code) =>
      `The server has ended this connection. If reloading does not help, please tell your organiser. (code ${code})`,
    foreign:
      'The server introduces itself as another one. To be safe, nothing was sent. Please check with your organiser that the link is right.',
    reload: 'Reload',
    home: 'To the start page',
  },

  trouble: {
    insecureTitle: 'Please open this page securely',
    insecure:
      'This page works only under an address that begins with https: only there does the browser keep your key safe. Please change the address to https, or tell your organiser.',
    storageTitle: 'This browser cannot remember you',
    storage:
      'Your place has to be kept somewhere. Please leave private mode, or open the link in Chrome, Safari or Samsung Internet and not inside another app.',
  },

  ...enCodes,
};
