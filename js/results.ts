/** A part of a result, as the server sent it ("Content" of the tools section); further types may come. */
export type ContentBlock =
  | { type: "text"; text: string; [member: string]: unknown }
  | { type: "image" | "audio"; data: string; mimeType: string; [member: string]: unknown }
  | { type: "resource"; resource: ResourceContents; [member: string]: unknown }
  | { type: "resource_link"; uri: string; name: string; [member: string]: unknown };

/** What a tool returned. */
export interface CallToolResult {
  content: ContentBlock[];
  structuredContent?: Record<string, unknown>;
  /** The structured content, taken out of its `{ result }` wrapper where the server marks one; absent when there is none. */
  data?: unknown;
  isError?: boolean;
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** A prompt, filled in. */
export interface GetPromptResult {
  description?: string;
  messages: { role: "user" | "assistant"; content: ContentBlock }[];
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** A resource's contents: `text`, or `blob` in base64. */
export interface ResourceContents {
  uri: string;
  mimeType?: string;
  text?: string;
  blob?: string;
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** A tool as the server lists it. */
export interface Tool {
  name: string;
  title?: string;
  description?: string;
  inputSchema: Record<string, unknown>;
  outputSchema?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  execution?: { taskSupport?: "forbidden" | "optional" | "required" };
  _meta?: Record<string, unknown>;
  [member: string]: unknown;
}

/** A prompt as the server lists it. */
export interface Prompt {
  name: string;
  title?: string;
  description?: string;
  arguments?: { name: string; title?: string; description?: string; required?: boolean }[];
  [member: string]: unknown;
}

/** A resource as the server lists it. */
export interface Resource {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  [member: string]: unknown;
}

/** A resource template (RFC 6570) as the server lists it. */
export interface ResourceTemplate {
  uriTemplate: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  [member: string]: unknown;
}

/** A client or a server, by name and version. */
export interface Implementation {
  name: string;
  version: string;
  title?: string;
}

/** How far a call is, in the server's own measure. */
export interface Progress {
  progress: number;
  total?: number;
  message?: string;
  [member: string]: unknown;
}
