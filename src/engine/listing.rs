//! The lists of what a server offers: all pages gathered, and kept as long as the server lets us know of changes.

use super::json::{Json, Key};
use super::message::{Outgoing, RequestId};
use super::mirror::Mirror;
use super::table::Table;
use super::time::Millis;
use super::wire::CallId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    Tools,
    Prompts,
    Resources,
    ResourceTemplates,
}

impl Listing {
    pub const ALL: [Self; 4] = [Self::Tools, Self::Prompts, Self::Resources, Self::ResourceTemplates];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|listing| listing.items().name() == name)
    }

    /// The member that the items stand in.
    pub fn items(self) -> Key {
        match self {
            Self::Tools => Key::Tools,
            Self::Prompts => Key::Prompts,
            Self::Resources => Key::Resources,
            Self::ResourceTemplates => Key::ResourceTemplates,
        }
    }

    /// The server capability that offers the list.
    pub fn capability(self) -> Key {
        match self {
            Self::ResourceTemplates => Key::Resources,
            other => other.items(),
        }
    }

    fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Prompts => "prompts/list",
            Self::Resources => "resources/list",
            Self::ResourceTemplates => "resources/templates/list",
        }
    }

    /// The request for a page ("Pagination").
    pub fn page<J: Json>(self, cursor: Option<J>) -> Outgoing<J> {
        let outgoing = match cursor {
            Some(cursor) => Outgoing::new(self.method(), J::object().with(Key::Cursor, cursor)),
            None => Outgoing::bare(self.method()),
        };
        outgoing.repeatable()
    }

    /// Does this notification say that the list has changed?
    pub fn changed_by(self, method: &str) -> bool {
        method
            == match self {
                Self::Tools => "notifications/tools/list_changed",
                Self::Prompts => "notifications/prompts/list_changed",
                Self::Resources | Self::ResourceTemplates => "notifications/resources/list_changed",
            }
    }
}

/// A list on its way.
pub struct Load<J> {
    pub items: Vec<J>,
    pub pages: u32,
    /// The cursor of the page that is asked for.
    pub cursor: Option<String>,
    /// What the server says of keeping the pages so far.
    pub keeping: Keeping,
    /// The request for the page.
    pub request: RequestId,
}

/// How long a list may be kept, and for whom ("Caching").
#[derive(Clone, Copy, Debug, Default)]
pub struct Keeping {
    /// Fresh until then, where the server says so.
    pub until: Option<Millis>,
    /// It may differ for other credentials.
    pub private: bool,
}

impl Keeping {
    /// That of all pages: of the one that is stale first, and of the one that is for the fewest.
    pub fn with<J: Json>(self, page: &J, is_first: bool, now: Millis) -> Self {
        let until = page.get(Key::TtlMs).and_then(|ttl| ttl.number()).map(|ttl| now.saturating_add(ttl as Millis));
        let is_private = page.text_of(Key::CacheScope).as_deref() == Some("private");
        let until = match (self.until, until) {
            (_, first) if is_first => first,
            (None, None) => None,
            // A page that says nothing beside one that does is not to be kept.
            (known, other) => Some(known.unwrap_or(now).min(other.unwrap_or(now))),
        };
        Self { until, private: self.private || is_private }
    }
}

/// One list of one server.
pub struct Shelf<J> {
    /// All items, once loaded.
    pub items: Option<Vec<J>>,
    pub keeping: Keeping,
    /// The line of streams that told of changes when the list was asked for.
    pub heard_on: u32,
    /// The parameters of tools that go into headers, by the tool's name.
    pub mirrors: Table<String, Vec<Mirror>>,
    /// What there is so far, while loading.
    pub loading: Option<Load<J>>,
    /// The list changed while it was being loaded.
    pub outdated: bool,
    /// Calls that wait for the load to end.
    pub waiting: Vec<CallId>,
}

impl<J> Default for Shelf<J> {
    fn default() -> Self {
        let keeping = Keeping::default();
        Self { items: None, keeping, heard_on: 0, mirrors: Table::default(), loading: None, outdated: false, waiting: Vec::new() }
    }
}

impl<J> Shelf<J> {
    /// Forgets the items.
    pub fn drop_items(&mut self) {
        self.items = None;
        self.outdated = self.loading.is_some();
    }
}
