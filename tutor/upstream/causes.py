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
# So much of an error's text is looked at: it may quote the whole request.
MAX_TEXT_CHARS: Final = 2_000


class Cause(Enum):
    """What is wrong with a request that was refused."""

    UNKNOWN = auto()  # nothing that we could ask differently
    NOT_FOUND = auto()  # it continues a response that the server does not have
    SOCKET_TOO_OLD = auto()  # it came over a socket that takes no more requests
    SEALED = auto()  # it has items that are sealed, and that this server cannot open
    TOO_LONG = auto()  # it does not fit into the context window, or into a frame
    REFUSED = auto()  # the server does not say: it would refuse the same again


# OpenAI context_length_exceeded, string_above_max_length; llama.cpp exceed_context_size_error;
# vLLM «This model's maximum context length is …»; SGLang «… is longer than the model's context
# length»; LiteLLM ContextWindowExceededError; gateways before Anthropic «prompt is too long»,
# before Gemini «input token count … exceeds the maximum number of tokens allowed», before xAI
# «maximum prompt length»; and OpenAI's «Request too large …», which comes as a rate limit that no
# waiting lifts.
_TOO_LONG: Final = re.compile(
    r"maximum (context|prompt|input|sequence|model) length"
    r"|(exceed|larg|long|great)\w* .{0,60}\bcontext"
    r"|context ?(length|window|size).{0,40}(exceed|overflow|too (long|large|small))"
    r"|\b(prompt|input|request|message|conversation|string)s? (is |are )?too (long|large)\b"
    r"|exceeds? (the )?maximum number of (input )?tokens"
    r"|string above max length",
    re.IGNORECASE | re.DOTALL,
)
# OpenAI invalid_encrypted_content, «The encrypted content for item … could not be verified».
_SEALED: Final = re.compile(r"encrypted content", re.IGNORECASE)
# «Item … of type 'reasoning' was provided without …», «Invalid value: 'compaction'. Supported …»:
# servers that take no such items, or not from elsewhere.
_SEALED_ITEM: Final = re.compile(
    r"\b(value|type|item)\b.{0,80}['\"`](reasoning|compaction)['\"`]", re.IGNORECASE
)


def cause(code: str, http: int, error: dict[str, Any], *, passes: bool) -> Cause:
    """The cause of an `error` object, with its `code` and the HTTP status `http`, 0 if unknown.

    `passes`: whether the same request may be answered later.
    """
    known = {NOT_FOUND: Cause.NOT_FOUND, SOCKET_TOO_OLD: Cause.SOCKET_TOO_OLD}.get(code)
    if known:
        return known
    if http in KEY_REFUSED:
        return Cause.UNKNOWN
    said = (code, error.get("type"), error.get("message") or error.get("detail"))
    text = " ".join(str(part)[:MAX_TEXT_CHARS] for part in said if part).replace("_", " ")
    if http == HTTP_TOO_LARGE or _TOO_LONG.search(text):
        return Cause.TOO_LONG
    if passes or not (http == 0 or http in HTTP_CLIENT_ERRORS):
        return Cause.UNKNOWN
    of_input = str(error.get("param") or "input").startswith("input")
    sealed = _SEALED.search(text) or (of_input and _SEALED_ITEM.search(text))
    return Cause.SEALED if sealed else Cause.REFUSED
