// Everything the page says, in Korean. This file is the original: its shape is the type of every other language.

const HANGUL_FIRST = 0xac00;
const FINALS = 28;
const FINAL_RIEUL = 8;

/** 로 or 으로: after a final consonant other than ㄹ it is 으로. */
function toward(word: string): string {
  const final = ((word.codePointAt(word.length - 1) ?? 0) - HANGUL_FIRST) % FINALS;
  return final > 0 && final !== FINAL_RIEUL ? '으로' : '로';
}

export const ko = {
  appName: '깐부',
  tagline: '누구인지 모르게, 마음 놓고 묻고 답하는 방',
  switchLanguage: 'English',
  switchLanguageLabel: '화면 언어를 영어로 바꾸기',
  back: '뒤로',
  cancel: '취소',
  close: '닫기',

  home: {
    title: '깐부에 오신 것을 환영합니다',
    intro:
      '기관에서 마련한 익명 멘토링 방입니다. 참여 자격은 확인되어 있지만, 누가 누구인지는 운영자도 알 수 없습니다.',
    pasteLabel: '받으신 참여 링크',
    pastePlaceholder: '링크를 붙여 넣어 주세요',
    open: '열기',
    notALink: '참여 링크가 아닌 것 같습니다. 받으신 링크를 처음부터 끝까지 붙여 넣어 주세요.',
    elsewhere: '다른 서버의 링크입니다. 그 링크를 브라우저 주소창에 바로 열어 주세요.',
    joined: '이 브라우저로 참여한 프로그램',
    forgetful: '참여 기록은 이 브라우저에만 있습니다. 방문 기록과 사이트 데이터를 지우면 함께 사라집니다.',
  },

  welcome: {
    loading: '프로그램을 확인하고 있습니다…',
    asRole: (role: string) => `${role} 자격으로 참여합니다`,
    howTitle: '들어가기 전에 알아 두세요',
    points: (days: number) => [
      [
        '링크를 받은 사람만 들어옵니다',
        '참여 링크마다 정해진 자리가 있습니다. 아래의 ‘들어가기’를 누르면 이 브라우저가 그중 한 자리를 씁니다.',
      ],
      [
        '누가 누구인지 아무도 모릅니다',
        '이름도 계정도 받지 않습니다. 방마다 무작위 별명이 붙고, 운영자도 별명의 주인을 알 수 없습니다. 누가 접속해 있는지는 보이지 않고, 방의 인원도 대략으로만 보입니다.',
      ],
      [
        '글은 암호화해 보관합니다',
        `내가 쓴 글은 언제든 고치거나 회수할 수 있습니다. 보관 기간은 ${days}일로 정해져 있지만, 지금 판은 기간이 지나도 글을 저절로 지우지 않습니다.`,
      ],
      [
        '이런 것까지 막아 드리지는 못합니다',
        '글버릇이나 스스로 밝힌 이야기로 짐작될 수 있고, 아주 작은 방이나 잃어버린 휴대전화도 마찬가지입니다. 서버를 나쁜 뜻으로 고쳐 놓은 운영자는 막을 수 없습니다. 업무용 통신망에서는 접속한 시각이 기관에 보일 수 있으니, 걱정되시면 휴대전화 데이터로 접속해 주세요.',
      ],
    ],
    enter: '들어가기',
    entering: '자리를 마련하고 있습니다…',
  },

  rooms: {
    people: (band: string) =>
      band.endsWith('+') ? `${band.slice(0, -1)}명 이상` : `${band.replace('-', '~')}명`,
    unread: (count: number) => `새 글 ${count}개`,
    frozen: '쉬는 중',
    notJoined: '아직 들어가지 않은 방입니다',
    empty: '지금 열려 있는 방이 없습니다.',
    pick: '방을 골라 주세요.',
    none: '아직 글이 없습니다',
    mine: '나',
  },

  room: {
    loading: '글을 불러오고 있습니다…',
    loadFailed: '글을 불러오지 못했습니다.',
    retry: '다시 시도',
    start: '이 방의 첫머리입니다',
    empty: '아직 글이 없습니다. 먼저 인사를 건네 보세요.',
    log: (room: string) => `${room}의 대화`,
    newPosts: (count: number) => `새 글 ${count}개`,
    toBottom: '맨 아래로',
    unreadFrom: '여기부터 새 글',
    frozen: '운영진이 이 방을 잠시 멈추었습니다. 지금은 읽기만 할 수 있습니다.',
    menu: '방 메뉴',
    yourHandle: '이 방에서 쓰는 별명',
    redraw: '별명 다시 뽑기',
    redrawHint: '첫 글을 쓰기 전까지만 바꿀 수 있습니다.',
    redrawn: (handle: string) => `별명이 ‘${handle}’${toward(handle)} 바뀌었습니다`,
    leave: '방 나가기',
    leaveTitle: (room: string) => `‘${room}’에서 나갈까요?`,
    leaveBody:
      '지금 별명은 사라지고 되찾을 수 없습니다. 다시 들어오면 새 별명을 받으며, 지금까지 쓴 글은 고칠 수 없게 됩니다.',
    leaveYes: '나가기',
    outside: '이 방에 들어가 있지 않습니다.',
    enter: '방에 들어가기',
    joining: '방에 들어가고 있습니다…',
  },

  post: {
    you: '나',
    edited: '고침',
    retracted: '회수한 글입니다',
    replyTo: (author: string) => `${author}에게 답글`,
    replyToMe: '내 글에 답글',
    olderPost: '앞선 글',
    goToQuoted: '답글이 가리키는 글로 가기',
    actions: (author: string) => `${author}의 글에 답글 쓰기, 공감하기`,
    ownActions: '내 글에 답글 쓰기, 고치기, 회수하기',
    reply: '답글 쓰기',
    copy: '글 복사',
    edit: '글 고치기',
    retract: '글 회수하기',
    react: '공감하기',
    reaction: (reaction: string, count: number, mine: boolean) =>
      `${reaction} ${count}명${mine ? ', 나도 눌렀습니다' : ''}`,
    sending: '보내는 중',
    failed: '보내지 못했습니다',
    retry: '다시 보내기',
    unfold: '모두 보기',
    discard: '지우기',
    takeBack: '고쳐 쓰기',
  },

  composer: {
    label: '글쓰기',
    placeholder: '글을 써 주세요',
    send: '보내기',
    hint: 'Enter로 보내고 Shift+Enter로 줄을 바꿉니다',
    left: (count: number) => `${count}자 남음`,
    over: (count: number) => `${count}자를 줄여 주세요`,
    overBytes: '글이 너무 깁니다. 나누어 보내 주세요.',
    cancelReply: '답글 취소',
    editing: '글 고치는 중',
    cancelEdit: '고치기 취소',
    save: '고친 글 올리기',
    mention: '부를 사람',
  },

  retract: {
    title: '이 글을 회수할까요?',
    body: '모든 사람의 화면에서 글이 사라지고 ‘회수한 글입니다’라는 자리만 남습니다. 되돌릴 수 없으며, 그사이 읽은 사람은 있을 수 있습니다.',
    yes: '회수하기',
  },

  confirm: {
    title: '개인 정보가 들어 있는 것 같습니다',
    body: '아래에 표시한 부분이 누군가를 알아볼 수 있는 정보로 보입니다. 한번 보낸 글은 방의 모든 사람이 보게 됩니다.',
    kinds: {
      phone: '전화번호',
      resident_number: '주민등록번호',
      email: '전자우편 주소',
      staff_number: '직원 번호',
    } as Record<string, string>,
    otherKind: '개인 정보',
    sendAnyway: '그래도 보내기',
    fix: '고치기',
  },

  status: {
    connecting: '연결하는 중…',
    reconnecting: '다시 연결하는 중입니다… 쓴 글은 그대로 있습니다.',
    back: '다시 연결되었습니다',
  },

  ended: {
    title: '연결을 마쳤습니다',
    refusedTitle: '들어갈 수 없습니다',
    closed: (code: number) =>
      `서버가 이 연결을 끝냈습니다. 페이지를 새로 고쳐도 같다면 담당자에게 알려 주세요. (코드 ${code})`,
    foreign:
      '서버가 자신을 다르게 소개하고 있습니다. 안전을 위해 아무것도 보내지 않고 멈추었습니다. 받으신 링크가 맞는지 담당자에게 확인해 주세요.',
    reload: '새로 고침',
    home: '처음 화면으로',
  },

  trouble: {
    insecureTitle: '안전한 주소로 열어 주세요',
    insecure:
      '이 페이지는 https로 시작하는 주소에서만 쓸 수 있습니다. 그래야 브라우저가 여러분의 열쇠를 안전하게 지킬 수 있습니다. 주소를 https로 바꾸어 열거나, 담당자에게 알려 주세요.',
    storageTitle: '이 브라우저에 저장할 수 없습니다',
    storage:
      '참여 자리를 기억할 곳이 필요합니다. 사생활 보호(시크릿) 모드를 끄거나, 카카오톡 안의 화면이 아닌 크롬·사파리·삼성 인터넷으로 열어 주세요.',
  },

  /** One sentence for each name by which the server refuses. */
  refusals: {
    malformed_json: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    invalid_request: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    unknown_method: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    invalid_params: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    unavailable: '서버가 잠시 바쁩니다. 저절로 다시 시도합니다.',
    rate_limited: '글을 너무 빠르게 올렸습니다. 잠시 뒤에 저절로 다시 보냅니다.',
    not_authenticated: '서버가 아직 확인을 마치지 못했습니다. 페이지를 새로 고쳐 주세요.',
    already_authenticated: '이 연결은 이미 확인을 마쳤습니다. 페이지를 새로 고쳐 주세요.',
    unknown_programme: '이 서버에는 그런 프로그램이 없습니다. 링크를 다시 확인해 주세요.',
    no_challenge: '확인하는 데 시간이 너무 오래 걸렸습니다. 페이지를 새로 고쳐 주세요.',
    bad_signature:
      '서버가 이 브라우저의 서명을 확인하지 못했습니다. 페이지를 새로 고쳐도 같다면 담당자에게 알려 주세요.',
    not_admitted: '이 브라우저에는 참여 자리가 없습니다. 받으신 참여 링크로 다시 열어 주세요.',
    wrong_code: '참여 코드가 맞지 않습니다. 받으신 링크를 처음부터 끝까지 다시 확인해 주세요.',
    room_full: '이 자격의 자리가 모두 찼습니다. 담당자에게 문의해 주세요.',
    unknown_room: '그런 방이 없거나, 이 자격으로는 들어갈 수 없는 방입니다.',
    not_a_member: '이 방에 들어가 있지 않습니다. 방에 다시 들어가 주세요.',
    too_many_rooms: '한꺼번에 들어갈 수 있는 방의 수를 넘었습니다. 다른 방에서 나온 뒤 들어가 주세요.',
    handle_fixed: '이미 글을 써서 별명을 바꿀 수 없습니다.',
    no_handle_left: '이 방에 남은 별명이 없습니다. 담당자에게 알려 주세요.',
    room_frozen: '운영진이 이 방을 잠시 멈추었습니다. 방이 다시 열리면 보내 주세요.',
    confirm_needed: '개인 정보가 들어 있는지 확인이 필요합니다.',
    body_empty: '내용이 없는 글은 보낼 수 없습니다.',
    body_too_long: '글이 너무 깁니다. 나누어 보내 주세요.',
    body_control_character: '글에 보이지 않는 제어 문자가 들어 있습니다. 직접 입력해 주세요.',
    body_bidi_override: '글에 글자 순서를 뒤집는 문자가 들어 있습니다. 직접 입력해 주세요.',
    unknown_post: '그 글은 이제 없습니다.',
    post_retracted: '글쓴이가 회수한 글입니다.',
    not_your_post: '자신이 쓴 글만 고치거나 회수할 수 있습니다.',
    unknown_handle: '언급한 별명이 이 방에서 글을 쓴 적이 없습니다.',
    too_many_mentions: '한 글에서 언급할 수 있는 사람의 수를 넘었습니다.',
    unknown_reaction: '쓸 수 없는 공감 표시입니다.',
    key_reused: '같은 글이 다른 내용으로 이미 올라갔습니다. 지우고 새로 써 주세요.',
  } as Record<string, string>,
  /** Why the server closed a session, by its close code. */
  closings: {
    1000: '서버가 연결을 마쳤습니다. 계속하려면 페이지를 새로 고쳐 주세요.',
    1001: '서버가 잠시 바쁩니다. 저절로 다시 연결합니다.',
    1002: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    1003: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    1005: '다시 연결하는 중입니다… 쓴 글은 그대로 있습니다.',
    1006: '다시 연결하는 중입니다… 쓴 글은 그대로 있습니다.',
    1007: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    1008: '이 통신망이 연결을 허락하지 않습니다. 휴대전화 데이터로 접속해 주세요.',
    1009: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    1010: '이 페이지와 서버의 판이 서로 다른 것 같습니다. 페이지를 새로 고쳐 주세요.',
    1011: '다시 연결하는 중입니다… 쓴 글은 그대로 있습니다.',
    1012: '서버가 잠시 바쁩니다. 저절로 다시 연결합니다.',
    1013: '서버가 잠시 바쁩니다. 저절로 다시 연결합니다.',
    1014: '서버가 잠시 바쁩니다. 저절로 다시 연결합니다.',
    1015: '안전한 연결을 맺지 못했습니다. 저절로 다시 연결합니다.',
    4000: '서버를 잠시 손보고 있습니다. 저절로 다시 연결되며, 쓴 글은 그대로 있습니다.',
    4001: '다시 연결하는 중입니다… 쓴 글은 그대로 있습니다.',
    4002: '연결이 느려 잠시 끊겼습니다. 밀린 글을 곧 받아 옵니다.',
    4003: '확인하는 데 시간이 걸려 연결이 끊겼습니다. 저절로 다시 시도합니다.',
    4500: '확인에 여러 번 실패하여 연결이 끝났습니다. 페이지를 새로 고쳐도 같다면 담당자에게 알려 주세요.',
    4501: '같은 자리를 여러 창에서 열어, 가장 먼저 연 이 창의 연결이 끝났습니다. 여기서 계속하려면 새로 고쳐 주세요.',
    4502: '프로그램이 끝났습니다. 약속드린 대로 모든 내용을 지웠습니다. 함께해 주셔서 감사합니다.',
  } as Record<number, string>,
  /** Why a room ended or paused here, by its code. */
  roomEnds: {
    2000: '이 방의 글을 다시 불러오고 있습니다.',
    2001: '이 방의 글을 잠시 주고받을 수 없습니다. 저절로 다시 시도합니다.',
    2500: '다른 창에서 이 방을 나왔습니다.',
    2501: '프로그램이 끝나 이 방의 모든 내용을 지웠습니다.',
  } as Record<number, string>,
  refusalUnknown: (name: string) => `서버가 받아들이지 않았습니다. (${name})`,
};

export type Text = typeof ko;
