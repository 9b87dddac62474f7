//! Reading the lists of what the server offers, and keeping them.

use super::era::Era;
use super::error::{Code, Error};
use super::fault::Fault;
use super::json::{Json, Key};
use super::listing::{Keeping, Listing, Load, Shelf};
use super::machine::{Call, Engine};
use super::mirror;
use super::purpose::Purpose;
use super::table::Table;
use super::time::Millis;
use super::wire::CallId;

/// A server whose list goes on for so long is not listing, it is looping.
pub const MOST_ITEMS: usize = 100_000;
pub const MOST_PAGES: u32 = 1_000;

impl<J: Json> Engine<J> {
    /// All items of a list. Resolves with an array.
    pub fn list(&mut self, call: CallId, listing: Listing, now: Millis) {
        let offered = self.session.capabilities.as_ref().is_some_and(|offer| offer.get(listing.capability()).is_some());
        self.calls.insert(call, Call::List(listing));
        if !offered {
            return self.reject(call, Error::new(Code::Unsupported, "the server does not offer this list"));
        }
        let current = self.is_kept_current(listing, now);
        match &self.shelf(listing).items {
            Some(items) if current => {
                let items = J::array(items.clone());
                self.resolve(call, items);
            }
            _ => self.wait_for_list(call, listing, now),
        }
    }

    pub(super) fn shelf(&mut self, listing: Listing) -> &mut Shelf<J> {
        &mut self.shelves[listing as usize]
    }

    /// Has the server said how long the list holds, or would we hear of a change? A server with sessions that announces none has none.
    fn is_kept_current(&self, listing: Listing, now: Millis) -> bool {
        if let Some(until) = self.shelves[listing as usize].keeping.until {
            return now < until;
        }
        let capabilities = self.session.capabilities.as_ref();
        let offer = capabilities.and_then(|offer| offer.get(listing.capability()));
        let announces = offer.is_some_and(|offer| offer.is_true(Key::ListChanged));
        let hearing = self.hearing(listing);
        let heard_since = hearing != 0 && self.shelves[listing as usize].heard_on == hearing;
        match self.era {
            Era::Legacy => !announces || heard_since,
            Era::Modern => announces && heard_since,
        }
    }

    /// The number of the unbroken line of streams on which changes of the list are told; 0 while there is none.
    fn hearing(&self, listing: Listing) -> u32 {
        match self.era {
            Era::Legacy => self.stream.line(),
            Era::Modern => self.subscription.line(listing),
        }
    }

    pub(super) fn wait_for_list(&mut self, call: CallId, listing: Listing, now: Millis) {
        let hearing = self.hearing(listing);
        let shelf = self.shelf(listing);
        shelf.waiting.push(call);
        if shelf.loading.is_none() {
            shelf.heard_on = hearing;
            shelf.outdated = false;
            let request = self.wire.request(Purpose::Page(listing), listing.page(None), None, now);
            let load = Load { items: Vec::new(), pages: 0, cursor: None, keeping: Keeping::default(), request };
            self.shelf(listing).loading = Some(load);
        }
    }

    pub(super) fn leave_shelf(&mut self, listing: Listing, call: CallId) {
        let shelf = self.shelf(listing);
        shelf.waiting.retain(|waiting| *waiting != call);
        if shelf.waiting.is_empty()
            && let Some(load) = shelf.loading.take()
        {
            self.forget_request(load.request);
        }
    }

    pub(super) fn page(&mut self, listing: Listing, outcome: Result<J, Fault<J>>, now: Millis) {
        let shelf = self.shelf(listing);
        let Some(Load { mut items, pages, cursor, mut keeping, .. }) = shelf.loading.take() else { return };
        if shelf.waiting.is_empty() {
            return;
        }
        let loaded = outcome.map_err(|fault| fault.error).and_then(|page| {
            let broken = |why| Error::new(Code::Protocol, why);
            let list = page.get(listing.items()).filter(J::is_array).ok_or_else(|| broken("the list has no items"))?;
            items.extend(list.items());
            keeping = keeping.with(&page, pages == 0, now);
            // Servers write an empty cursor for none.
            let next = page.text_of(Key::NextCursor).filter(|next| !next.is_empty());
            // An empty page with another to come is allowed, a list without end is not.
            if next.is_some() && (next == cursor || items.len() > MOST_ITEMS || pages == MOST_PAGES) {
                return Err(broken("the list has no end"));
            }
            Ok(next)
        });
        match loaded {
            Ok(Some(cursor)) => {
                let outgoing = listing.page(Some(J::text(&cursor)));
                let request = self.wire.request(Purpose::Page(listing), outgoing, None, now);
                self.shelf(listing).loading = Some(Load { items, pages: pages + 1, cursor: Some(cursor), keeping, request });
            }
            Ok(None) => {
                shelf.keeping = keeping;
                let items = if listing == Listing::Tools && self.era == Era::Modern { self.sorted_out(items) } else { items };
                self.stock(listing, Ok(items), now);
            }
            Err(error) => self.stock(listing, Err(error), now),
        }
    }

    /// The list is whole, or will not be: whoever waited for it goes on.
    fn stock(&mut self, listing: Listing, loaded: Result<Vec<J>, Error<J>>, now: Millis) {
        let shelf = self.shelf(listing);
        let outdated = std::mem::take(&mut shelf.outdated);
        let waiting = std::mem::take(&mut shelf.waiting);
        shelf.items = loaded.as_ref().ok().cloned();
        for call in waiting {
            match (self.calls.remove(&call), &loaded) {
                (Some(Call::Tools(invocation)), _) => self.invoke_knowing(call, invocation, &loaded, now),
                (Some(waited @ Call::List(_)), Ok(items)) => {
                    self.calls.insert(call, waited);
                    self.resolve(call, J::array(items.clone()));
                }
                (Some(waited @ Call::List(_)), Err(error)) => {
                    self.calls.insert(call, waited);
                    self.reject(call, error.clone());
                }
                (Some(called), _) => self.listed_since(call, called, now),
                (None, _) => {}
            }
        }
        // For those who waited it was the answer when they asked.
        if outdated {
            self.shelf(listing).items = None;
        }
    }

    /// The tools without those that say wrongly what of their arguments goes into headers; what the others say is noted.
    fn sorted_out(&mut self, tools: Vec<J>) -> Vec<J> {
        let mut mirrors = Table::default();
        let mut kept = Vec::new();
        for tool in tools {
            let schema = tool.get(Key::InputSchema).unwrap_or_else(J::object);
            match mirror::mirrors(&schema) {
                Err(why) => {
                    self.odd(why, tool);
                    continue;
                }
                Ok(found) if found.is_empty() => {}
                Ok(found) => mirrors.insert(tool.text_of(Key::Name).unwrap_or_default(), found),
            }
            kept.push(tool);
        }
        self.shelf(Listing::Tools).mirrors = mirrors;
        kept
    }

    /// Other credentials: what was for those before is not for these.
    pub fn reauthorized(&mut self) {
        for listing in Listing::ALL {
            let shelf = self.shelf(listing);
            if shelf.keeping.private || shelf.loading.is_some() {
                // How tools are called is still known.
                shelf.keeping.until = Some(0);
                shelf.outdated = shelf.loading.is_some();
            }
        }
    }

    /// A notification may say that a list has changed.
    pub(super) fn unshelve(&mut self, method: &str) {
        for listing in Listing::ALL {
            if listing.changed_by(method) {
                self.shelf(listing).drop_items();
            }
        }
    }
}
