// Everything the page says, in English.

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
    asRole: (role) => `You take part as ${role}`,
    howTitle: 'Before you come in',
    points: (days) => [
      [
        'Only people with a link come in',
        'Each join link has a fixed number of places. This browser takes one of them.',
      ],
      [
        'Nobody knows who is who',
        'No name, no account. Each room gives you a random handle, and even the operator cannot tell whose it is. Nobody sees who is online, and the size of a room is shown only roughly.',
      ],
      [`Posts are deleted after ${days} days`, `What you write is kept for ${days} days and no longer.`],
      [
        'What this cannot protect you from',
        'How you write and what you tell about yourself may give you away, and so may a very small room or a lost phone. An operator who tampers with the server cannot be kept out. A network at work can see when you connect; use mobile data if that worries you.',
      ],
    ],
    enter: 'Come in',
  },

  rooms: {
    people: (band) =>
      band.endsWith('+') ? `${band.slice(0, -1)} or more people` : `${band.replace('-', '–')} people`,
    unread: (count) => (count === 1 ? '1 new post' : `${count} new posts`),
    frozen: 'Paused',
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
    expired: (days) => `Posts are deleted after ${days} days`,
    empty: 'No posts yet. Why not say hello first?',
    log: (room) => `Conversation in ${room}`,
    newPosts: (count) => (count === 1 ? '1 new post' : `${count} new posts`),
    toBottom: 'To the latest',
    unreadFrom: 'New from here',
    frozen: 'The moderators have paused this room. You can read but not write for now.',
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
  },

  post: {
    you: 'You',
    edited: 'edited',
    retracted: 'The author has removed this post',
    replyTo: (author) => `Replying to ${author}`,
    replyToMe: 'Replying to yourself',
    olderPost: 'an earlier post',
    goToQuoted: 'Go to the post that this answers',
    actions: (author) => `Reply or react to the post by ${author}`,
    reply: 'Reply',
    copy: 'Copy text',
    react: 'React',
    reaction: (reaction, count, mine) => `${reaction} ${count}${mine ? ', including you' : ''}`,
    sending: 'Sending',
    failed: 'Not sent',
    retry: 'Send again',
    discard: 'Discard',
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
    reconnecting: 'Reconnecting… what you wrote is safe',
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

  refusals: {
    malformed_json: 'This page and the server do not fit each other. Please reload the page.',
    invalid_request: 'This page and the server do not fit each other. Please reload the page.',
    unknown_method: 'This page and the server do not fit each other. Please reload the page.',
    invalid_params: 'This page and the server do not fit each other. Please reload the page.',
    unavailable: 'The server is busy. It will be tried again by itself.',
    rate_limited: 'That was a little fast. It will be sent by itself in a moment.',
    not_authenticated: 'The server has not recognised this browser yet. Please reload the page.',
    already_authenticated: 'This connection has been recognised already. Please reload the page.',
    unknown_programme: 'There is no such programme on this server. Please check the link.',
    no_challenge: 'Recognising this browser took too long. Please reload the page.',
    bad_signature:
      'The server could not verify this browser. If reloading does not help, please tell your organiser.',
    not_admitted: 'This browser has no place in the programme. Please open your join link again.',
    wrong_code: 'The join code is not right. Please check that the link is complete.',
    room_full: 'All places of this role are taken. Please ask your organiser.',
    unknown_room: 'There is no such room, or it is not open to your role.',
    not_a_member: 'You are not in this room. Please enter it again.',
    too_many_rooms: 'You are in as many rooms as you can be. Please leave another one first.',
    handle_fixed: 'You have already posted, so the handle stays.',
    no_handle_left: 'This room has no handle left. Please tell your organiser.',
    room_frozen: 'The moderators have paused this room. Please send it when the room opens again.',
    confirm_needed: 'Please check whether this holds personal information.',
    body_empty: 'There is nothing in this post.',
    body_too_long: 'This is too long. Please send it in parts.',
    body_control_character: 'This holds an invisible control character. Please type the text by hand.',
    body_bidi_override: 'This holds a character that reverses text. Please type the text by hand.',
    unknown_post: 'That post is no longer there.',
    post_retracted: 'The author has removed that post.',
    not_your_post: 'You can change or remove only your own posts.',
    unknown_handle: 'A handle that you mention has not posted in this room.',
    too_many_mentions: 'This mentions more people than one post may.',
    unknown_reaction: 'This reaction cannot be used here.',
    key_reused: 'This was already sent with another text. Please discard it and write it anew.',
  },
  refusalUnknown: (name) => `The server did not accept this. (${name})`,
  closings: {
    4500: 'The server waited, but this browser was not recognised in time. Please reload the page.',
    4501: 'The connection ended after several failed attempts. If reloading does not help, please tell your organiser.',
    4502: 'This place is open in many windows, and this is the oldest. Please reload to go on here.',
    4503: 'The programme has ended, and everything in it was deleted as promised. Thank you for taking part.',
  },
};
