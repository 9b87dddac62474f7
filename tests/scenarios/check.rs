//! Checks, and the book that is kept of them while a scenario is played.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display};
use std::rc::Rc;

/// One rule, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    pub id: &'static str,
    pub says: &'static str,
    pub section: &'static str,
}

pub const fn check(id: &'static str, says: &'static str, section: &'static str) -> Check {
    Check { id, says, section }
}

/// What became of the checks that a scenario declares. A check that broke once stays broken.
#[derive(Clone)]
pub struct Ledger(Rc<Book>);

struct Book {
    declared: Vec<Check>,
    made: RefCell<BTreeMap<&'static str, Option<String>>>,
}

impl Ledger {
    pub fn new(declared: Vec<Check>) -> Self {
        Self(Rc::new(Book { declared, made: RefCell::default() }))
    }

    /// Makes a check; `seen` is told where it does not hold.
    pub fn demand(&self, id: &'static str, holds: bool, seen: impl Debug) {
        assert!(self.0.declared.iter().any(|check| check.id == id), "{id} is not declared");
        let mut made = self.0.made.borrow_mut();
        let verdict = made.entry(id).or_default();
        if verdict.is_none() && !holds {
            *verdict = Some(format!("{seen:?}"));
        }
    }

    /// Was the check made, and did it break?
    pub fn broke(&self, id: &str) -> bool {
        self.0.made.borrow().get(id).is_some_and(Option::is_some)
    }

    /// Was every declared check made, and does each hold?
    pub fn is_good(&self) -> bool {
        let is_made = |id| self.0.made.borrow().contains_key(id);
        self.0.declared.iter().all(|check| is_made(check.id) && !self.broke(check.id))
    }
}

/// A line for every check.
impl Display for Ledger {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let made = self.0.made.borrow();
        for Check { id, says, section } in &self.0.declared {
            match made.get(id) {
                Some(None) => writeln!(to, "  ✓ {id}")?,
                Some(Some(seen)) => writeln!(to, "  ✗ {id}: {says} ({section})\n      seen: {seen}")?,
                None => writeln!(to, "  ✗ {id}: never came to it. {says} ({section})")?,
            }
        }
        Ok(())
    }
}
