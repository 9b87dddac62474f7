//! What the engine sees of a JSON value.
//!
//! A message is parsed by the browser and stays there; the engine looks into it through this trait and hands the parts on
//! untouched. On the host the same trait is [`serde_json::Value`], so that the specification's own examples are fixtures.

use std::{string::String, vec::Vec};

/// The members that the engine names, declared once: `Key::TaskId` is `"taskId"`.
///
/// An enum instead of strings, because the browser floor keeps one JavaScript string for each and never makes it again.
macro_rules! keys {
    ($($variant:ident = $name:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Key { $($variant,)* }

        impl Key {
            /// Every name, at the index of its key.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The member's name as it stands in JSON.
            pub fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }
    };
}

keys! {
    Action = "action",
    Annotations = "annotations",
    Answered = "answered",
    Asked = "asked",
    Arguments = "arguments",
    Aside = "aside",
    CacheScope = "cacheScope",
    Call = "call",
    Cancel = "cancel",
    Capabilities = "capabilities",
    Cause = "cause",
    ClientInfo = "clientInfo",
    Code = "code",
    Content = "content",
    Contents = "contents",
    CreatedAt = "createdAt",
    Cursor = "cursor",
    Data = "data",
    Default = "default",
    Elicitation = "elicitation",
    ElicitationId = "elicitationId",
    Elicitations = "elicitations",
    Ending = "ending",
    Error = "error",
    Execution = "execution",
    Extensions = "extensions",
    FastMcp = "fastmcp",
    FastMcpTask = "modelcontextprotocol.io/task",
    FastMcpWrap = "x-fastmcp-wrap-result",
    Form = "form",
    Get = "get",
    Id = "id",
    IdempotentHint = "idempotentHint",
    InputRequests = "inputRequests",
    InputResponses = "inputResponses",
    InputSchema = "inputSchema",
    Instructions = "instructions",
    IsError = "isError",
    JsonRpc = "jsonrpc",
    Key = "key",
    LastUpdatedAt = "lastUpdatedAt",
    List = "list",
    ListChanged = "listChanged",
    Message = "message",
    Messages = "messages",
    Meta = "_meta",
    MetaCapabilities = "io.modelcontextprotocol/clientCapabilities",
    MetaClientInfo = "io.modelcontextprotocol/clientInfo",
    MetaServerInfo = "io.modelcontextprotocol/serverInfo",
    MetaVersion = "io.modelcontextprotocol/protocolVersion",
    Method = "method",
    Missing = "missing",
    Mode = "mode",
    Model = "model",
    Name = "name",
    NextCursor = "nextCursor",
    Notifications = "notifications",
    OutputSchema = "outputSchema",
    Params = "params",
    PollInterval = "pollInterval",
    PollIntervalMs = "pollIntervalMs",
    ProgressToken = "progressToken",
    Prompts = "prompts",
    PromptsListChanged = "promptsListChanged",
    Properties = "properties",
    ProtocolVersion = "protocolVersion",
    Read = "read",
    ReadOnlyHint = "readOnlyHint",
    Reason = "reason",
    RelatedTask = "io.modelcontextprotocol/related-task",
    RequestedSchema = "requestedSchema",
    Request = "request",
    RequestId = "requestId",
    Requests = "requests",
    RequestState = "requestState",
    Resources = "resources",
    ResourcesListChanged = "resourcesListChanged",
    ResourceTemplates = "resourceTemplates",
    Result = "result",
    ResultType = "resultType",
    ReturnedImmediately = "returnedImmediately",
    Role = "role",
    Roots = "roots",
    Sampling = "sampling",
    ServerCapabilities = "serverCapabilities",
    ServerInfo = "serverInfo",
    SessionId = "sessionId",
    Status = "status",
    StatusMessage = "statusMessage",
    StructuredContent = "structuredContent",
    Supported = "supported",
    SupportedVersions = "supportedVersions",
    Task = "task",
    TaskId = "taskId",
    TaskIds = "taskIds",
    Tasks = "tasks",
    TasksExtension = "io.modelcontextprotocol/tasks",
    TaskSupport = "taskSupport",
    Tentative = "tentative",
    Text = "text",
    Tools = "tools",
    ToolsListChanged = "toolsListChanged",
    Ttl = "ttl",
    TtlMs = "ttlMs",
    Type = "type",
    Uri = "uri",
    Url = "url",
    Version = "version",
    WrapResult = "wrap_result",
    WwwAuthenticate = "wwwAuthenticate",
}

/// A JSON value that can be looked into and built.
///
/// `Clone` is a second handle on the same value where the value lives elsewhere. The engine only changes values that are its own:
/// what it built, what the server sent, and the copies of the caller's that it was given.
pub trait Json: Clone {
    /// The member of an object; `None` when it is absent or this is no object. A member that is `null` is there.
    fn get(&self, key: Key) -> Option<Self>;
    /// The member of this name, which only what the server or the caller gave tells.
    fn member(&self, name: &str) -> Option<Self>;
    /// The members of an object, by name; none when this is no object.
    fn members(&self) -> Vec<(String, Self)>;
    /// The item of an array; `None` past its end or when this is no array.
    fn at(&self, index: usize) -> Option<Self>;
    /// The text of a string.
    fn string(&self) -> Option<String>;
    /// The value of a number.
    fn number(&self) -> Option<f64>;
    /// The value of a boolean.
    fn boolean(&self) -> Option<bool>;
    /// Is this an object (and no array, nor `null`)?
    fn is_object(&self) -> bool;
    /// Is this an array?
    fn is_array(&self) -> bool;

    /// An empty object.
    fn object() -> Self;
    /// Sets a member of an object.
    fn set(&mut self, key: Key, value: Self);
    /// An object of members whose names only the server or the caller tells.
    fn record(members: Vec<(String, Self)>) -> Self;
    /// An array of these items.
    fn array(items: Vec<Self>) -> Self;
    /// A string.
    fn text(text: &str) -> Self;
    /// A number.
    fn float(number: f64) -> Self;
    /// A boolean.
    fn truth(boolean: bool) -> Self;
    /// `null`.
    fn null() -> Self;
    /// Reads JSON text in UTF-8, where what is none stands for U+FFFD; `None` when it is malformed.
    fn parse(text: &[u8]) -> Option<Self>;

    /// The items of an array, none when this is no array.
    fn items(&self) -> impl Iterator<Item = Self> {
        (0..).map_while(|index| self.at(index))
    }

    /// The text of a string member.
    fn text_of(&self, key: Key) -> Option<String> {
        self.get(key)?.string()
    }

    /// Is this member `true`?
    fn is_true(&self, key: Key) -> bool {
        self.get(key).and_then(|value| value.boolean()) == Some(true)
    }

    /// The object at the end of a path of members.
    fn path(&self, keys: &[Key]) -> Option<Self> {
        keys.iter().try_fold(self.clone(), |value, key| value.get(*key))
    }

    /// This object with one more member.
    fn with(mut self, key: Key, value: Self) -> Self {
        self.set(key, value);
        self
    }

    /// This object with one more member, where there is a value for it.
    fn with_some(self, key: Key, value: Option<Self>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }
}
