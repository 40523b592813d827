//! The guard: finds what looks as if it named somebody, so that the sender is asked before it goes out.
//!
//! It errs on the side of asking: a person can always insist. It looks through spaces, dots, hyphens and full-width digits, with
//! which the same number is often written.

use regex::Regex;

/// What a finding looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// A Korean phone number, mobile or landline, also with the country code.
    Phone,
    /// A resident registration number, or a foreigner's: six digits of birth, seven more.
    ResidentNumber,
    /// An e-mail address.
    Email,
    /// A staff number.
    StaffNumber,
}

/// A place in a body, in code points, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What it looks like.
    pub kind: FindingKind,
    /// First code point.
    pub start: u32,
    /// First code point after it.
    pub end: u32,
}

/// A pattern does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a regular expression: {0}")]
pub struct GuardError(String);

const SEPARATOR: &str = r"[\s.\-–—·()]{0,3}";

/// Looks for personal data in bodies.
#[derive(Debug, Clone)]
pub struct Guard {
    patterns: Vec<(FindingKind, Regex)>,
}

impl Guard {
    /// A guard that knows the usual forms and, where given, the organisation's own form of a staff number.
    pub fn new(staff_number: Option<&str>) -> Result<Self, GuardError> {
        let s = SEPARATOR;
        let mut sources = vec![
            (FindingKind::ResidentNumber, format!(r"\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){s}[1-8]{s}\d{{6}}")),
            (FindingKind::Phone, format!(r"(?:\+\s?82{s}|0)1[016789]{s}\d{{3,4}}{s}\d{{4}}")),
            (FindingKind::Phone, format!(r"(?:\+\s?82{s}|0)(?:2|[3-6]\d|70){s}\d{{3,4}}{s}\d{{4}}")),
            (FindingKind::Phone, format!(r"1[568]\d{{2}}{s}\d{{4}}")),
            (FindingKind::Email, r"[\w.+\-]+\s?@\s?[\w\-]+(?:\.[\w\-]+)+".to_owned()),
            (FindingKind::StaffNumber, r"(?i)(?:사번|직번|직원\s?번호|공무원\s?번호|행정\s?번호|staff\s?(?:no|number|id)|employee\s?(?:no|number|id))[\s.:#=은는이가]{0,4}[A-Z]{0,4}-?\d[\d\-]{2,}".to_owned()),
            (FindingKind::StaffNumber, r"[A-Z]{1,4}-?\d{5,10}".to_owned()),
        ];
        sources.extend(staff_number.map(|own| (FindingKind::StaffNumber, own.to_owned())));
        let compile = |(kind, source): (FindingKind, String)| {
            Regex::new(&source).map(|regex| (kind, regex)).map_err(|error| GuardError(error.to_string()))
        };
        Ok(Self { patterns: sources.into_iter().map(compile).collect::<Result<_, _>>()? })
    }

    /// What in `body` looks as if it named somebody, by place. Findings do not overlap: the first pattern wins.
    pub fn findings(&self, body: &str) -> Vec<Finding> {
        // One code point for one, so that places in `plain` are places in `body`.
        let plain: String = body.chars().map(to_plain).collect();
        let mut findings: Vec<Finding> = Vec::new();
        for (kind, regex) in &self.patterns {
            for found in regex.find_iter(&plain) {
                let whole_number = stands_alone(&plain, found.start(), found.end());
                let finding = Finding {
                    kind: *kind,
                    start: code_points(plain.get(..found.start()).unwrap_or_default()),
                    end: code_points(plain.get(..found.end()).unwrap_or_default()),
                };
                let overlaps = |other: &Finding| finding.start < other.end && other.start < finding.end;
                if whole_number && !findings.iter().any(overlaps) {
                    findings.push(finding);
                }
            }
        }
        findings.sort_by_key(|finding| finding.start);
        findings
    }
}

/// Full-width and mathematical digits and signs are read as the plain ones by people, so they are by the guard.
fn to_plain(c: char) -> char {
    let digit = match c {
        '\u{FF10}'..='\u{FF19}' => u32::from(c) - 0xFF10,
        '\u{1D7CE}'..='\u{1D7FF}' => (u32::from(c) - 0x1_D7CE) % 10,
        '\u{FF20}' => return '@',
        '\u{FF0B}' => return '+',
        '\u{FF0E}' => return '.',
        '\u{FF0D}' | '\u{2010}'..='\u{2015}' | '\u{2212}' => return '-',
        _ => return c,
    };
    char::from_digit(digit, 10).unwrap_or(c)
}

/// Whether what was found is not a part of a longer number or word of Latin letters.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|text| text.chars().next_back());
    let after = text.get(end..).and_then(|text| text.chars().next());
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    !joins(before) && !joins(after)
}

fn code_points(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(body: &str) -> Vec<FindingKind> {
        Guard::new(None).unwrap().findings(body).into_iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn what_names_somebody_is_found_however_it_is_written() {
        use FindingKind::{Email, Phone, ResidentNumber, StaffNumber};
        for (body, expected) in [
            ("제 번호는 010-1234-5678 이에요", Phone),
            ("01012345678로 연락 주세요", Phone),
            ("010 1234 5678", Phone),
            ("010.123.4567", Phone),
            ("０１０－１２３４－５６７８", Phone),
            ("+82 10 1234 5678", Phone),
            ("031-8045-2114 (안양시청)", Phone),
            ("02)123-4567", Phone),
            ("(02) 123-4567", Phone),
            ("1588-1234", Phone),
            ("900101-1234567", ResidentNumber),
            ("9001011234567", ResidentNumber),
            ("kim.cs@korea.kr", Email),
            ("kim.cs ＠ korea.kr", Email),
            ("사번은 20221004입니다", StaffNumber),
            ("사번: A-12345", StaffNumber),
            ("GP202213", StaffNumber),
        ] {
            assert_eq!(kinds(body), [expected], "{body}");
        }
    }

    #[test]
    fn ordinary_talk_passes() {
        for body in [
            "2022-10-04 회의는 14:00에 시작해요",
            "2022년 10월 4일",
            "예산 1,234,567원",
            "민원 120건 중 37건",
            "지방공무원법 제48조, 제2장",
            "10:30~12:00",
            "ISO 8601",
            "버전 1.2.3",
        ] {
            assert_eq!(kinds(body), [], "{body}");
        }
    }

    #[test]
    fn places_are_code_points_of_the_body() {
        let body = "번호 😊 ０１０-1234-5678!";
        let finding = Guard::new(None).unwrap().findings(body)[0];
        let found: String =
            body.chars().skip(finding.start as usize).take((finding.end - finding.start) as usize).collect();
        assert_eq!(found, "０１０-1234-5678");
    }

    #[test]
    fn an_organisation_can_add_its_own_form() {
        let guard = Guard::new(Some(r"안양-\d{4}")).unwrap();
        assert_eq!(guard.findings("저는 안양-1234")[0].kind, FindingKind::StaffNumber);
        assert!(Guard::new(Some("(")).is_err());
    }
}
