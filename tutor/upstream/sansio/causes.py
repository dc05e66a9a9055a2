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
# And what is to be paid first.
NOT_SERVED_HTTP: Final = (401, 402, 403)
HTTP_CLIENT_ERRORS: Final = range(400, 500)
HTTP_TOO_LARGE: Final = 413
HTTP_TOO_MANY: Final = 429
# Too many; and what servers and proxies say when it took too long, or came too early.
HTTP_TRANSIENT: Final = (408, 425, HTTP_TOO_MANY, 499)
HTTP_SERVER_ERROR: Final = 500
HTTP_NOT_IMPLEMENTED: Final = 501
# So much of an error's text is looked at: it may quote the whole request.
MAX_TEXT_CHARS: Final = 2_000


class Cause(Enum):
    """What is wrong with a request that was refused."""

    UNKNOWN = auto()  # nothing that we could ask differently
    NOT_FOUND = auto()  # it continues a response that the server does not have
    SOCKET_TOO_OLD = auto()  # it came over a socket that takes no more requests
    ROLE = auto()  # it has a message in a role that the server does not take, or not there
    SEALED = auto()  # it has items that are sealed, and that this server cannot open
    FIELD = auto()  # it has a field that the server does not take, and that it can do without
    NOT_SERVED = auto()  # key, quota, address or model are no good: nobody is answered
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


# OpenAI «Unsupported value: 'messages[0].role' does not support …»; DeepSeek «messages[0].role:
# unknown variant `developer`»; templates of chats «Unexpected message role.», «System message must
# be at the beginning.», «System role not supported»; Mistral «Unexpected role 'system' after role
# 'user'»; Anthropic «role 'system' must precede …»; Vercel «… received 'developer'».
_ROLE: Final = re.compile(
    r"\b(unexpected|unknown|invalid|unsupported) (message )?role\b|\.role\b"
    r"|\broles?\b.{0,40}['\"`](developer|system)['\"`]|\breceived ['\"`](developer|system)['\"`]"
    r"|\b(developer|system) (message )?roles? (is |are )?(not|un)"
    r"|\b(developer|system) messages? (must|should|can|may|is|are) |\broles must alternate\b"
    r"|\bonly\b.{0,60}\broles are (supported|allowed)",
    re.IGNORECASE,
)
_ROLE_PARAM: Final = re.compile(r"(^|\W)role$")

# OpenAI, Azure, Anthropic, OpenRouter, DeepSeek, LiteLLM: what only an operator can do something
# about. A type that only says «not found» or «invalid request» is none of them.
_NOT_SERVED_CODES: Final = re.compile(
    r"insufficient (quota|balance|funds|credits?)|\bbilling\b|payment required|budget ?exceeded"
    r"|exceeded ?(current quota|budget)|credit balance"
    r"|(invalid|incorrect|missing|expired|revoked) (api )?key|invalid ?authentication|auth error"
    r"|authentication ?error|permission ?(denied|error)|access (denied|terminated)|unauthorized"
    r"|(invalid|incorrect|mismatched) (organization|project)|(organization|project) not found"
    r"|(organization|account|user|project) (is )?(deactivated|disabled|suspended)"
    r"|unsupported country|ip not (authorized|allowed)"
    r"|(model|deployment) ?not ?(found|available|supported|allowed)"
    r"|(invalid|unknown|unsupported) model",
    re.IGNORECASE,
)
# «You exceeded your current quota, please check your plan and billing details», «Your credit
# balance is too low», «Budget has been exceeded», «Incorrect API key provided», «No auth
# credentials found».
_NOT_PAID: Final = re.compile(
    r"exceeded (your|the) current quota|\bplan and billing\b|credit balance is too low"
    r"|insufficient (quota|credits?|balance|funds)|billing (hard )?limit|budget has been exceeded"
    r"|(incorrect|invalid|missing|no) (api|auth)\S*( key| credentials)|\bno api ?key\b",
    re.IGNORECASE,
)
# «The model `x` does not exist or you do not have access to it», «model "x" not found, try pulling
# it first», «Invalid model name passed in model=x», «x is not a valid model ID», «No such model».
_NO_MODEL: Final = re.compile(
    r"\bmodel\b.{0,120}\b(does(n't| not) exist|not found|no longer (available|supported)"
    r"|(is |been )(not available|deprecated|decommissioned|shut ?down)|have access to it)"
    r"|\b(invalid|unknown|no such|not a valid) model\b|not have access to (the )?model\b",
    re.IGNORECASE | re.DOTALL,
)


def is_refused_for_good(status: int) -> bool:
    """Whether a handshake that was refused with this HTTP status would be refused again."""
    is_known = status < HTTP_SERVER_ERROR or status == HTTP_NOT_IMPLEMENTED
    return is_known and status not in HTTP_TRANSIENT


def cause(
    code: str, http: int, error: dict[str, Any], *, is_transient: bool, tells_wait: bool = False
) -> Cause:
    """The cause of an `error` object, with its `code` and the HTTP status `http`, 0 if unknown.

    `is_transient`: whether the same request may be answered later; `tells_wait`: whether the server
    says when.
    """
    known = {NOT_FOUND: Cause.NOT_FOUND, SOCKET_TOO_OLD: Cause.SOCKET_TOO_OLD}.get(code)
    if known:
        return known
    if http in NOT_SERVED_HTTP or _NOT_SERVED_CODES.search(_text(code, error.get("type"))):
        return Cause.NOT_SERVED
    if http == HTTP_TOO_LARGE or _is_too_long(code, http, error, is_transient=is_transient):
        return Cause.TOO_LONG
    text = _text(code, error.get("type"), error.get("message") or error.get("detail"))
    if http == HTTP_TOO_MANY and not tells_wait and _NOT_PAID.search(text):
        return Cause.NOT_SERVED
    if _is_role(http, error):
        return Cause.ROLE
    if is_transient or not (http == 0 or http in HTTP_CLIENT_ERRORS) or _TIMED_OUT.search(text):
        return Cause.UNKNOWN
    return _cause_of_refusal(str(error.get("param") or "input"), text)


def _cause_of_refusal(param: str, text: str) -> Cause:
    """The cause of what would be refused again, by what was wrong and what is said of it."""
    if _SEALED.search(text) or (param.startswith("input") and _SEALED_ITEM.search(text)):
        return Cause.SEALED
    if param == "model" or _NOT_PAID.search(text) or _NO_MODEL.search(text):
        return Cause.NOT_SERVED
    return Cause.REFUSED


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


def _is_role(http: int, error: dict[str, Any]) -> bool:
    """Servers that write a chat by a template say 500 of a role for which it has no place."""
    if not (http in (0, HTTP_SERVER_ERROR) or http in HTTP_CLIENT_ERRORS) or http in HTTP_TRANSIENT:
        return False
    detail = error.get("detail")
    mistakes = detail if isinstance(detail, list) else ()
    places = [mistake.get("loc") for mistake in mistakes if isinstance(mistake, dict)]
    if any(isinstance(place, list) and place[-1:] == ["role"] for place in places):
        return True
    param = error.get("param")
    if isinstance(param, str) and _ROLE_PARAM.search(param):
        return True
    return bool(_ROLE.search(_text(error.get("message") or detail)))


def _text(*said: Any) -> str:
    return " ".join(str(part)[:MAX_TEXT_CHARS] for part in said if part).replace("_", " ")
