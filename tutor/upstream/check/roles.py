"""In which role facts reach the model: a word is asked for that stands nowhere else."""

import json
from typing import Final

from tutor.method.facts_role import ROLES, FactsRole, as_role
from tutor.protocol.calls import Payload
from tutor.upstream.check.exchange import Failure
from tutor.upstream.check.report import Finding, Verdict
from tutor.upstream.check.talk import Dialogue, found, student

# Each of another word: what was said once may be said again.
WORDS: Final[dict[FactsRole, str]] = {
    "developer": "saffron", "system": "juniper", "user": "cardamom"
}  # fmt: skip
NAMES: Final[dict[FactsRole, str]] = {
    "developer": "developer's role", "system": "system's role", "user": "facts as a user's"
}  # fmt: skip
QUESTION: Final = (
    "Just before this message stand facts in JSON, and in them a code word. Answer with this code "
    "word alone."
)


def facts_with(word: str) -> Payload:
    """Facts as a row holds them."""
    content = [{"type": "input_text", "text": json.dumps({"facts": {"code_word": word}})}]
    return {"type": "message", "role": "developer", "content": content}


async def probe(talk: Dialogue, set_role: str) -> list[Finding]:
    """What becomes of facts between two turns, and what MODEL_FACTS_ROLE is to be; it is
    `set_role` now. The user's role is tried only where they do not arrive in the others.
    """
    findings = []
    verdicts: dict[FactsRole, Verdict] = {}
    for role in ROLES:
        if role == "user" and Verdict.YES in verdicts.values():
            break
        finding = await _probe_role(talk, role)
        verdicts[role] = finding.verdict
        findings.append(finding)
    return [*findings, conclusion(verdicts, set_role)]


async def _probe_role(talk: Dialogue, role: FactsRole) -> Finding:
    answer = await talk.tell(as_role(facts_with(WORDS[role]), role), student(QUESTION))
    if isinstance(answer.result, Failure):
        return found(NAMES[role], Verdict.NO, str(answer.result), answer)
    if WORDS[role] in answer.text.lower():
        seen = "taken before a message between two turns, and read"
        return found(NAMES[role], Verdict.YES, seen, answer)
    seen = "taken, but the model does not know what stands in it: dropped, or not read"
    return found(NAMES[role], Verdict.UNKNOWN, seen, answer)


def conclusion(verdicts: dict[FactsRole, Verdict], set_role: str) -> Finding:
    """What to set: the first role in which facts arrive, or else the first that is taken."""
    arrive = [role for role, verdict in verdicts.items() if verdict is Verdict.YES]
    taken = [role for role, verdict in verdicts.items() if verdict is not Verdict.NO]
    if not taken:
        seen = "refused in each role: the tutor knows nothing of what the student has done"
        return Finding("facts", Verdict.FAILED, seen)
    best = (arrive or taken)[0]
    advice = f"MODEL_FACTS_ROLE={best}"
    seen = f"{advice}, as it is set" if best == set_role else f"set {advice}; it is {set_role}"
    if not arrive:
        return Finding("facts", Verdict.UNKNOWN, f"not seen to arrive in any role; {seen}")
    arrives = set_role in arrive
    # One that is refused costs a request an hour; one that is dropped costs what the tutor knows.
    return Finding("facts", Verdict.YES if arrives else Verdict.NO, seen)
