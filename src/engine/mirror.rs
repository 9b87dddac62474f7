//! Parameters of a tool that its input schema wants to see in headers as well ("Custom Headers from Tool Parameters").
//!
//! The annotation is `x-mcp-header` in the schema of a property. A tool that annotates wrongly must be left out, so the whole
//! schema is searched, also where no annotation may be. The name of a property and data only look like one.

use std::{rc::Rc, string::String, vec::Vec};

use super::decimal::decimal;
use super::header;
use super::json::{Json, Key};

const ANNOTATION: &str = "x-mcp-header";
const PREFIX: &str = "mcp-param-";

/// What is nested deeper in a schema is not looked at: a server must not be able to exhaust the stack.
const DEEPEST: usize = 64;
/// The names alone of so many headers are more than servers accept, and the search for duplicates must stay short.
const MOST: usize = 1_000;
/// Beyond this, a number no longer tells one integer from the next.
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// A parameter and its header.
#[derive(Debug)]
pub struct Mirror {
    /// The chain of properties that leads to the parameter.
    path: Vec<Rc<str>>,
    /// The header's whole name, in lower case.
    header: String,
}

/// The mirrored parameters of an input schema, or why the tool that has it must be left out.
pub fn mirrors<J: Json>(schema: &J) -> Result<Vec<Mirror>, &'static str> {
    let mut search = Search { path: Vec::new(), found: Vec::new() };
    search.visit(schema, Place::Chain, 0)?;
    Ok(search.found)
}

/// The headers that mirror these arguments, or the path of the argument that no header can carry.
///
/// Whether an argument is of the type that the schema wants is for the server to say.
pub fn read<J: Json>(mirrors: &[Mirror], arguments: Option<&J>) -> Result<Vec<(String, String)>, String> {
    let mut headers = Vec::new();
    for Mirror { path, header } in mirrors {
        let argument = arguments.cloned().and_then(|arguments| path.iter().try_fold(arguments, |value, name| value.member(name)));
        let Some(argument) = argument else { continue };
        let text = if let Some(text) = argument.string() {
            Some(text)
        } else if let Some(number) = argument.number() {
            integer(number)
        } else if let Some(boolean) = argument.boolean() {
            Some(if boolean { "true" } else { "false" }.into())
        } else if argument.is_object() || argument.is_array() {
            None
        } else {
            // `null` is as good as absent.
            continue;
        };
        let text = text.ok_or_else(|| path.join("."))?;
        headers.push((header.clone(), header::encode(&text).into_owned()));
    }
    Ok(headers)
}

fn integer(number: f64) -> Option<String> {
    let is_safe = number.fract() == 0.0 && number.abs() <= MAX_SAFE;
    is_safe.then(|| decimal(number as i64))
}

/// Where in the schema the search is.
#[derive(Clone, Copy)]
enum Place {
    /// At the end of a chain of `properties`, or at its beginning.
    Chain,
    /// Where no argument can be told to stand.
    Elsewhere,
}

struct Search {
    path: Vec<Rc<str>>,
    found: Vec<Mirror>,
}

impl Search {
    fn visit<J: Json>(&mut self, schema: &J, place: Place, depth: usize) -> Result<(), &'static str> {
        if depth > DEEPEST {
            return Ok(());
        }
        for (keyword, value) in schema.members() {
            match keyword.as_str() {
                ANNOTATION => self.annotated(schema, &value, place)?,
                // Data, whatever it looks like.
                "default" | "const" | "enum" | "examples" => {}
                "properties" => self.visit_named(&value, place, depth + 1)?,
                "patternProperties" | "$defs" | "definitions" | "dependentSchemas" | "dependentRequired" | "dependencies" => {
                    self.visit_named(&value, Place::Elsewhere, depth + 1)?;
                }
                _ => self.visit(&value, Place::Elsewhere, depth + 1)?,
            }
        }
        for item in schema.items() {
            self.visit(&item, Place::Elsewhere, depth + 1)?;
        }
        Ok(())
    }

    /// Visits schemas under names that are the server's choice and no keywords.
    fn visit_named<J: Json>(&mut self, schemas: &J, place: Place, depth: usize) -> Result<(), &'static str> {
        for (name, schema) in schemas.members() {
            self.path.push(name.into());
            self.visit(&schema, place, depth)?;
            self.path.pop();
        }
        Ok(())
    }

    fn annotated<J: Json>(&mut self, schema: &J, name: &J, place: Place) -> Result<(), &'static str> {
        if self.path.is_empty() || matches!(place, Place::Elsewhere) {
            return Err("x-mcp-header stands where no chain of properties leads");
        }
        let name = name.string().ok_or("x-mcp-header is no text")?;
        if name.is_empty() {
            return Err("x-mcp-header is empty");
        }
        if !name.bytes().all(is_tchar) {
            return Err("x-mcp-header has a character that no header's name may have");
        }
        if !matches!(schema.text_of(Key::Type).as_deref(), Some("string" | "integer" | "boolean")) {
            return Err("x-mcp-header is on a parameter that is no string, integer or boolean");
        }
        let header = [PREFIX, &name.to_ascii_lowercase()].concat();
        if self.found.iter().any(|mirror| mirror.header == header) {
            return Err("two parameters have the same x-mcp-header");
        }
        if self.found.len() == MOST {
            return Err("more parameters have an x-mcp-header than a request has room for");
        }
        self.found.push(Mirror { path: self.path.clone(), header });
        Ok(())
    }
}

/// May this stand in a header's name (`tchar`, RFC 9110, § 5.6.2)?
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
