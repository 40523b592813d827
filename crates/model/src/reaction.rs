//! The few reactions there are. A free choice would be a channel for marks that only some can read.

/// A reaction to a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reaction {
    /// 👍
    Agree,
    /// ❤️
    Heart,
    /// 😊
    Smile,
    /// 😮
    Surprise,
    /// 😢
    Sad,
    /// 🙏
    Thanks,
}

impl Reaction {
    /// All of them, in the order in which clients show them.
    pub const ALL: [Self; 6] = [Self::Agree, Self::Heart, Self::Smile, Self::Surprise, Self::Sad, Self::Thanks];

    /// The emoji.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agree => "👍",
            Self::Heart => "❤️",
            Self::Smile => "😊",
            Self::Surprise => "😮",
            Self::Sad => "😢",
            Self::Thanks => "🙏",
        }
    }

    /// The reaction with this emoji.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reaction| reaction.as_str() == text)
    }
}
