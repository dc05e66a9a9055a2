"""Why the API refuses a request, as far as another request helps. Pure.

The codes are OpenAI's; other servers of the protocol say the same in words of their own, so their
texts are read too. A text is only believed where nothing else is known of the refusal.
"""

import re
from enum import Enum, auto
from typing import Any, Final

NOT_FOUND: Final = "previous_response_not_found"
SOCKET_TOO_OLD: Final = "websocket_connection_limit_reached"
KEY_REFUSED: Final = (401, 403)
HTTP_CLIENT_ERRORS: Final = range(400, 500)
HTTP_TOO_LARGE: Final = 413
HTTP_SERVER_ERROR: Final = 500
# So much of an error's text is looked at: it may quote the whole request.
MAX_TEXT_CHARS: Final = 2_000


class Cause(Enum):
    """What is wrong with a request that was refused."""

    UNKNOWN = auto()  # nothing that we could ask differently
    NOT_FOUND = auto()  # it continues a response that the server does not have
    SOCKET_TOO_OLD = auto()  # it came over a socket that takes no more requests
    SEALED = auto()  # it has items that are sealed, and that this server cannot open
    FIELD = auto()  # it has a field that the server does not take, and that it can do without
    TOO_LONG = auto()  # it does not fit into the context window, or into a frame
    REFUSED = auto()  # the server does not say: it would refuse the same again


# OpenAI; llama.cpp; LiteLLM, alone or before its text; Anthropic.
_TOO_LONG_CODES: Final = re.compile(
    r"context length exceeded|string above max length|context window exceeded"
    r"|exceed context size error|contextwindowexceedederror|request too large",
    re.IGNORECASE,
)
# vLLM «This model's maximum context length is …»; SGLang «… is longer than the model's context
# length»; gateways before Anthropic «prompt is too long», before Gemini «input token count …
# exceeds the maximum number of tokens allowed», before xAI «maximum prompt length». A context alone
# says nothing: deadlines are exceeded in it, and it is cancelled.
_TOO_LONG: Final = re.compile(
    r"maximum (context|prompt|input|sequence|model) length"
    r"|(exceed\w*|(larg|long|great)er than) .{0,60}\bcontext ?(window|length|size|limit)"
    r"|context ?(length|window|size|limit).{0,40}(exceed|overflow|too (long|large|small))"
    r"|\b(prompt|input|request|message|conversation|string)s? (is |are )?too (long|large)\b"
    r"|exceeds? (the )?maximum number of (input )?tokens",
    re.IGNORECASE | re.DOTALL,
)
# Servers and proxies say so under any status, or none: nothing was wrong with the request.
_TIMED_OUT: Final = re.compile(r"deadline exceeded|context cancell?ed|timed out", re.IGNORECASE)
# OpenAI's comes as a rate limit that no waiting lifts.
_TOO_LARGE_FOR_LIMIT: Final = re.compile(r"\brequest too large for\b", re.IGNORECASE)
# OpenAI invalid_encrypted_content, «The encrypted content for item … could not be verified»;
# «Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.»
_SEALED: Final = re.compile(
    r"encrypted content|items are not persisted|\bitem\b.{0,40}['\"`](rs|cmp) .{0,80}not found",
    re.IGNORECASE | re.DOTALL,
)
# «Item … of type 'reasoning' was provided without …», «Invalid value: 'compaction'. Supported …»:
# servers that take no such items, or not from elsewhere.
_SEALED_ITEM: Final = re.compile(
    r"\b(value|type|item)\b.{0,80}['\"`](reasoning|compaction)['\"`]", re.IGNORECASE
)


def cause(code: str, http: int, error: dict[str, Any], *, is_transient: bool) -> Cause:
    """The cause of an `error` object, with its `code` and the HTTP status `http`, 0 if unknown.

    `is_transient`: whether the same request may be answered later.
    """
    known = {NOT_FOUND: Cause.NOT_FOUND, SOCKET_TOO_OLD: Cause.SOCKET_TOO_OLD}.get(code)
    if known:
        return known
    if http in KEY_REFUSED:
        return Cause.UNKNOWN
    if http == HTTP_TOO_LARGE or _is_too_long(code, http, error, is_transient=is_transient):
        return Cause.TOO_LONG
    if is_transient or not (http == 0 or http in HTTP_CLIENT_ERRORS):
        return Cause.UNKNOWN
    of_input = str(error.get("param") or "input").startswith("input")
    text = _text(code, error.get("type"), error.get("message") or error.get("detail"))
    if _TIMED_OUT.search(text):
        return Cause.UNKNOWN
    sealed = _SEALED.search(text) or (of_input and _SEALED_ITEM.search(text))
    return Cause.SEALED if sealed else Cause.REFUSED


def _is_too_long(code: str, http: int, error: dict[str, Any], *, is_transient: bool) -> bool:
    """Nothing is left out of a dialogue for the words of a refusal that may pass: only for a code,
    or for the words of a limit that a request alone is above.
    """
    names = _text(code, error.get("type"))
    message = _text(error.get("message") or error.get("detail"))
    if _TOO_LONG_CODES.search(names):
        return True
    if is_transient:
        return http < HTTP_SERVER_ERROR and bool(_TOO_LARGE_FOR_LIMIT.search(message))
    return bool(_TOO_LONG_CODES.search(message) or _TOO_LONG.search(f"{names} {message}"))


def _text(*said: Any) -> str:
    return " ".join(str(part)[:MAX_TEXT_CHARS] for part in said if part).replace("_", " ")
