//! What members say: Korean texts as long as people write them, each of them different.

/// Answers of a word or two.
const SHORT: [&str; 12] = [
    "네!",
    "감사합니다",
    "저도요 ㅎㅎ",
    "오 꿀팁이네요",
    "그렇군요",
    "공감합니다 ㅠㅠ",
    "힘내세요!",
    "👍👍",
    "혹시 저만 그런가요?",
    "아하, 이제 알겠어요",
    "내일 해 볼게요",
    "다들 수고 많으셨어요",
];

/// Sentences that stand alone or together.
const SENTENCES: [&str; 20] = [
    "첫 민원 응대가 아직도 떨리는데 다들 처음에는 어떻게 하셨나요?",
    "저는 화난 분이 오시면 일단 끝까지 듣고, 들은 내용을 한 번 되물어 확인합니다.",
    "공문 작성할 때는 예전 문서를 먼저 찾아보고 형식을 맞추면 반려가 훨씬 줄어요.",
    "결재 올리기 전에 붙임 파일 이름이랑 수신처만 다시 봐도 절반은 통과입니다.",
    "업무 인수인계를 구두로만 받아서 어디부터 봐야 할지 막막합니다.",
    "인수인계서는 날짜별이 아니라 업무별로 정리해 두면 나중에 본인도 편해요.",
    "점심시간에 혼자 먹는 게 편하다고 해도 괜찮을까요?",
    "처음 석 달은 누구나 헤맵니다. 질문을 많이 하는 사람이 제일 빨리 늘어요.",
    "예산 과목이 헷갈릴 때는 편성 지침을 옆에 펴 놓고 보는 게 제일 빠릅니다.",
    "회계 마감 주간에는 다른 약속을 잡지 않는 게 마음이 편하더라고요.",
    "주말에 당직을 서고 나면 대체휴무는 꼭 챙기세요, 미루면 못 씁니다.",
    "행사 준비는 비 올 때 계획까지 같이 써 두면 당일에 덜 당황합니다.",
    "선배님들은 일이 한꺼번에 몰릴 때 순서를 어떻게 정하시나요?",
    "저는 기한, 영향 받는 사람 수, 되돌릴 수 있는지 이 셋만 보고 정합니다.",
    "전화로 욕을 들은 날은 꼭 누군가에게 이야기하고 퇴근하세요.",
    "시스템 오류는 화면을 찍어 두면 문의할 때 설명이 반으로 줄어요.",
    "발령 받고 나서 자존감이 많이 떨어졌는데 여기 글 읽으면서 힘을 얻습니다.",
    "팀장님께 보고할 때는 결론 먼저, 이유는 세 줄, 필요한 결정은 마지막에 말해 보세요.",
    "법령 해석이 애매하면 혼자 끙끙대지 말고 상급 기관에 질의 공문을 보내는 게 맞습니다.",
    "작은 성공이라도 적어 두면 연말에 자기 평가 쓸 때 정말 도움이 됩니다.",
];

/// A text of member `member`. The count at its end makes it unlike every other, which the judge needs.
pub(super) fn text(member: usize, count: u64) -> String {
    let body = match rand::random_range(0..100) {
        0..35 => pick(&SHORT).to_owned(),
        35..75 => pick(&SENTENCES).to_owned(),
        75..95 => sentences(rand::random_range(2..=4), " "),
        _ => sentences(rand::random_range(6..=12), "\n"),
    };
    // Hangul between the numbers: together they must not look like a phone number.
    format!("{body} ({member}호 {count})")
}

fn pick<const N: usize>(from: &[&'static str; N]) -> &'static str {
    from.get(rand::random_range(0..N)).copied().unwrap_or_default()
}

fn sentences(count: usize, between: &str) -> String {
    (0..count).map(|_| pick(&SENTENCES)).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kkanbu_model::{Body, Limits};
    use kkanbu_room::Guard;
    use std::collections::HashSet;

    #[test]
    fn texts_are_different_in_form_and_what_a_server_takes_as_they_are() {
        let (limits, guard) = (Limits::default(), Guard::new(None).unwrap());
        let mut all = HashSet::new();
        for count in 0..2_000 {
            let text = text(54, count);
            assert_eq!(Body::new(&text, &limits).unwrap().as_str(), text, "the server would change it");
            assert!(guard.findings(&text).is_empty(), "{text}");
            assert!(all.insert(text));
        }
    }
}
