// Everything the page says, in Korean. This file is the original: its shape is the type of every other language.

import { koCodes } from './ko-codes';

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
    connecting: '연결하고 있습니다…',
    asRole: (role: string) => `${role} 자격으로 참여합니다`,
    enter: '들어가기',
    entering: '자리를 마련하고 있습니다…',
    restore: '전에 들어온 적이 있습니다 (자리 되찾기)',
  },

  /** What one should know before the first post; also found later in the menus. */
  about: {
    title: '들어가기 전에 알아 두세요',
    again: '이 프로그램은',
    open: '이 프로그램 알아보기',
    understood: '알겠습니다',
    purposes: '무엇을 위한 자리인가요',
    who: '누가 들어오나요',
    whoBody:
      '참여 링크를 받은 사람만 들어오고, 링크마다 자리 수가 정해져 있습니다. 이름도 계정도 받지 않습니다. 방마다 무작위 별명이 붙고, 별명의 주인은 운영자도 알 수 없습니다.',
    seats: (seats: number) => `${seats}명`,
    admission: { 'first-come': '선착순', screened: '공개 모집 후 심사' } as Record<string, string>,
    size: '몇 명이 모이나요',
    sizeBody: (seats: number) =>
      `모두 합해 많아야 ${seats}명입니다. 방에 몇 명이 있는지는 ‘10~29명’처럼 대략으로만 보이고, 누가 접속해 있는지는 아무에게도 보이지 않습니다.`,
    sizeUnknown:
      '방에 몇 명이 있는지는 ‘10~29명’처럼 대략으로만 보이고, 누가 접속해 있는지는 아무에게도 보이지 않습니다.',
    kept: '무엇을 언제까지 보관하나요',
    keptBody: (days: number) =>
      `글과 공감을 별명, 시각(분 단위)과 함께 암호화해 ${days}일 동안 보관합니다. 기간이 지났거나 회수한 글은 한 시간 안에 서버의 파일에서 지웁니다. 다만 그전에 만든 백업에는 그 백업을 지울 때까지 남습니다. 접속 주소와 기기 정보는 저장하지 않습니다.`,
    limits: '이런 것까지 막아 드리지는 못합니다',
    limitList: [
      '글버릇이나 스스로 밝힌 이야기로 누구인지 짐작될 수 있습니다.',
      '아주 작은 방에서는 더 쉽게 짐작됩니다.',
      '업무용 통신망에서는 접속한 시각이 기관에 보입니다. 걱정되시면 휴대전화 데이터로 접속해 주세요.',
      '휴대전화를 남이 손에 넣으면 그 안의 대화도 볼 수 있습니다.',
      '참여자를 모으는 기관이 자기 사람을 참여자로 넣을 수 있고, 링크를 넘겨받은 사람도 들어올 수 있습니다.',
      '서버를 나쁜 뜻으로 고쳐 놓은 운영자는 막을 수 없습니다.',
    ],
  },

  /** Where the page is opened, and what that means for one's place. */
  place: {
    inAppTitle: '다른 앱 안에서 열려 있습니다',
    apps: {
      kakaotalk: '카카오톡',
      naver: '네이버 앱',
      line: '라인',
      instagram: '인스타그램',
      facebook: '페이스북',
      band: '밴드',
      daum: '다음 앱',
      other: '다른 앱',
    },
    inApp: (app: string) =>
      `지금 이 화면은 ${app} 안의 임시 화면입니다. 여기서 들어가면 앱이 내 자리를 지워 버릴 수 있습니다. 크롬, 사파리, 삼성 인터넷 같은 브라우저로 열어 주세요.`,
    outside: '다른 브라우저로 열기',
    byHand:
      '화면 구석의 메뉴(⋯ 또는 공유 단추)에서 ‘브라우저로 열기’나 ‘Safari로 열기’를 누르세요. 없으면 링크를 복사해 브라우저에 붙여 넣으세요.',
    copyLink: '링크 복사',
    copied: '복사했습니다',
    privateTitle: '사생활 보호(시크릿) 창인 것 같습니다',
    private:
      '이 창을 닫으면 내 자리도 사라집니다. 일반 창에서 링크를 열어 주세요. 그래도 여기서 들어가신다면 다음 화면의 복구 단어를 꼭 적어 두세요.',
    anyway: '알고 있습니다. 그래도 들어가기',
  },

  /** The twelve words. */
  words: {
    title: '자리를 되찾을 단어를 적어 두세요',
    body: '내 자리의 열쇠는 이 브라우저에만 있습니다. 방문 기록을 지우거나 휴대전화를 바꾸면 사라집니다. 아래 단어나 파일이 있으면 그때 되찾을 수 있습니다.',
    list: '복구 단어 12개, 차례대로',
    programme: '프로그램',
    once: '단어는 지금만 볼 수 있습니다. 단어를 아는 사람은 나인 것처럼 들어올 수 있으니, 종이에 적거나 나만 보는 곳에 두세요. 업무용 컴퓨터와 메신저는 피해 주세요.',
    persisted: '이 브라우저는 내 자리를 지우지 않고 보관하기로 했습니다.',
    notPersisted:
      '이 브라우저는 내 자리를 계속 보관하겠다고 약속하지 않았습니다. 오래 들어오지 않거나 저장 공간이 모자라면 지워질 수 있으니 단어를 꼭 적어 두세요.',
    making: '단어를 만들고 있습니다…',
    failed: '단어를 불러오지 못했습니다. 연결을 확인해 주세요.',
    save: '파일로 저장',
    saved: '파일을 저장했습니다. 내려받은 파일함을 확인해 주세요.',
    copy: '단어 복사',
    done: '적어 두었습니다',
    later: '나중에 하기',
    reminderTitle: '복구 단어를 아직 저장하지 않았습니다',
    reminder: '이 화면을 닫으면 다시 볼 수 없습니다.',
    show: '단어 보기',
    file: '깐부 복구 파일입니다. 아래 단어를 아는 사람은 이 자리를 쓸 수 있습니다. 남에게 주지 마세요.\r\nKkanbu recovery file. Whoever knows these words can use this place. Do not give it to anyone.',
    fileName: '깐부-복구',
  },

  restore: {
    title: '자리 되찾기',
    open: '복구 단어나 파일로 자리 되찾기',
    body: '전에 적어 둔 복구 단어 12개를 차례대로 쓰거나, 저장해 둔 파일을 골라 주세요. 같은 별명으로 이어서 쓸 수 있습니다.',
    words: '복구 단어 12개',
    programme: '프로그램 (단어와 함께 적어 둔 이름) 또는 참여 링크',
    file: '파일 고르기',
    go: '되찾기',
    working: '확인하고 있습니다…',
    count: (count: number) => `단어는 12개여야 합니다. 지금은 ${count}개입니다.`,
    unknown: (word: string) => `복구 단어가 아닌 것이 있습니다: ‘${word}’. 철자를 확인해 주세요.`,
    checksum: '단어의 차례가 다르거나 잘못 적힌 단어가 있습니다. 한 번 더 확인해 주세요.',
    noProgramme: '프로그램 이름이나 참여 링크를 써 주세요.',
    elsewhere: (server: string) => `다른 서버의 복구 파일입니다. ${server} 주소로 들어가서 되찾아 주세요.`,
    unreadable: '복구 파일을 읽지 못했습니다.',
    missingTitle: '이 브라우저에는 열쇠가 없습니다',
    missing:
      '저장된 것이 지워졌거나 다른 기기에서 여신 것 같습니다. 복구 단어나 파일로 자리를 되찾거나, 받으신 참여 링크로 다시 들어와 주세요.',
  },

  /** What keeps the page from the server. */
  barrier: {
    offlineTitle: '인터넷에 연결되어 있지 않습니다',
    offline: '연결되면 저절로 이어집니다. 쓴 글은 그대로 있습니다.',
    serverTitle: '서버에 닿지 않습니다',
    server: '서버가 잠시 멈춘 것 같습니다. 저절로 다시 시도합니다. 오래 이어지면 담당자에게 알려 주세요.',
    websocketTitle: '이 통신망이 실시간 연결을 막고 있습니다',
    websocket:
      '페이지는 열리지만 대화에 쓰는 연결(WebSocket)이 중간에서 막힙니다. 휴대전화 데이터로 바꾸면 대개 바로 됩니다.',
    details: '자세히',
    forIt: '전산 담당자에게 이렇게 부탁하세요',
    request: (url: string) =>
      `${url} 주소로 가는 WebSocket 연결(RFC 6455, HTTP Upgrade)을 허용해 주세요. 프록시나 보안 장비가 Upgrade와 Connection 머리글을 지우지 않고, 60초 동안 조용한 연결을 끊지 않아야 합니다.`,
    copy: '부탁할 말 복사',
    retry: '다시 시도',
  },

  update: {
    available: '새 판이 있습니다',
    now: '새로 고침',
    later: '나중에',
    install: '앱으로 설치',
  },

  rooms: {
    people: (band: string) =>
      band.endsWith('+') ? `${band.slice(0, -1)}명 이상` : `${band.replace('-', '~')}명`,
    unread: (count: number) => `새 글 ${count}개`,
    frozen: '쉬는 중',
    upcoming: (when: string) => `${when}에 열림`,
    upcomingSometime: '아직 열리지 않음',
    closed: '닫힘',
    closes: (when: string) => `${when}까지`,
    openQuestions: (count: number) => `답을 기다리는 질문 ${count}개`,
    next: (what: string, when: string) => `다음: ${what}, ${when}`,
    menu: '프로그램 메뉴',
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
    frozen: '운영자가 이 방을 잠시 멈추었습니다. 지금은 읽기만 할 수 있습니다. 내 글을 회수할 수는 있습니다.',
    closed: (days: number) => `이 방은 닫혔습니다. 글은 올린 지 ${days}일이 될 때까지 읽을 수 있습니다.`,
    closedOutside: '이 방은 닫혀서 새로 들어갈 수 없습니다.',
    upcoming: (when: string) => `이 방은 ${when}에 열립니다. 그때 들어오실 수 있습니다.`,
    upcomingSometime: '이 방은 아직 열리지 않았습니다. 열리면 여기서 바로 들어오실 수 있습니다.',
    muted: (when: string) =>
      `운영자가 이 방에서 내 글쓰기를 막았습니다. ${when}부터 다시 쓸 수 있습니다. 그동안 읽고, 내 글을 회수할 수 있습니다.`,
    mutedCheck: '다시 확인',
    kept: '쓰던 글은 그대로 있습니다',
    removedTitle: '운영자가 이 방에서 내보냈습니다',
    removed:
      '이 방은 볼 수 없고 다시 들어올 수 없습니다. 다른 방은 그대로 쓸 수 있습니다. 운영자가 결정을 되돌리면 다시 들어올 수 있습니다.',
    removedCare: '담당자에게 물어보실 때는 별명을 말하면 누구인지 드러난다는 점을 기억해 주세요.',
    otherRooms: '다른 방 보기',
    tryEnter: '다시 들어가 보기',
    notice: '알림',
    noticeMore: '모두 보기',
    noticeLess: '접기',
    noticeNew: (notice: string) => `새 알림: ${notice}`,
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
    manyNew: (count: number) => `새 글 ${count}개가 올라왔습니다`,
  },

  post: {
    you: '나',
    edited: '고침',
    retracted: '회수한 글입니다',
    hidden: '운영자가 가린 글입니다',
    question: '질문',
    answered: '답변됨',
    markAnswered: '답변됨으로 표시',
    markOpen: '답을 더 기다리기',
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
    question: '질문으로 올리기',
    questionHint: '답을 받을 때까지 질문 목록에 남습니다',
    slow: (wait: string) => `천천히 쓰는 방입니다. ${wait} 뒤에 보낼 수 있습니다.`,
    slowNow: (seconds: number) => `천천히 쓰는 방입니다. 글과 글 사이에 ${seconds}초를 기다립니다.`,
    wait: (seconds: number) =>
      seconds < 60
        ? `${seconds}초`
        : `${Math.floor(seconds / 60)}분${seconds % 60 ? ` ${seconds % 60}초` : ''}`,
  },

  questions: {
    title: '답을 기다리는 질문',
    button: (count: number) => (count === 0 ? '질문 보기' : `질문 보기, 답을 기다리는 질문 ${count}개`),
    empty: '지금 답을 기다리는 질문이 없습니다.',
    hint: '글을 쓸 때 ‘질문으로 올리기’를 켜면 여기에 모입니다.',
    more: '앞선 질문 더 보기',
    loading: '질문을 불러오고 있습니다…',
    failed: '질문을 불러오지 못했습니다.',
    goTo: '이 질문으로 가기',
    tooOld: '너무 오래된 글이라 대화에서 찾지 못했습니다.',
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

  ...koCodes,
};

export type Text = typeof ko;
