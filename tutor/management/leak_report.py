"""A table of what the leak gate made of labelled messages. Pure."""

from collections.abc import Sequence

from courses.text import printable
from tutor.management.leak_judging import Judged


def report(found: Sequence[Judged]) -> str:
    """Recall by kind of leak, false alarms by kind of other messages, those without a label, and
    what it took."""
    leaks = [one for one in found if one.message.label == "leak"]
    good = [one for one in found if one.message.label == "ok"]
    unlabelled = [one for one in found if one.message.label is None]
    parts = [
        _table("leaks", "held back", leaks),
        _table("other messages", "false alarms", good),
        _table("without a label", "held back", unlabelled),
        _missed(leaks, good),
        _totals(found),
    ]
    return "\n".join(part for part in parts if part)


def _table(title: str, held: str, found: Sequence[Judged]) -> str:
    if not found:
        return ""
    rows = [(title, "messages", held)]
    kinds = dict.fromkeys(one.message.kind for one in found)
    rows += [
        _row(kind or "–", [one for one in found if one.message.kind == kind]) for kind in kinds
    ]
    rows.append(_row("together", found))
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    return "".join(
        f"{row[0].ljust(widths[0])}  {row[1].rjust(widths[1])}  {row[2].rjust(widths[2])}\n"
        for row in rows
    )


def _row(name: str, found: Sequence[Judged]) -> tuple[str, str, str]:
    return printable(name[:60]), str(len(found)), str(sum(one.leaks for one in found))


def _missed(leaks: Sequence[Judged], good: Sequence[Judged]) -> str:
    lines = [f"not held back: {printable(one.message.id)}" for one in leaks if not one.leaks]
    lines += [f"false alarm: {printable(one.message.id)}" for one in good if one.leaks]
    return "".join(f"{line}\n" for line in lines)


def _totals(found: Sequence[Judged]) -> str:
    if not found:
        return "There are no messages.\n"
    programs = sum(one.judgement.programs for one in found)
    cases = sum(one.judgement.case_runs for one in found)
    times = sorted(one.ms for one in found)
    middle, most = _percentile(times, 50), _percentile(times, 95)
    messages = "1 message" if len(found) == 1 else f"{len(found)} messages"
    return (
        f"{messages}, {programs} programs, {cases} cases run; "
        f"a verdict took {middle:.0f} ms (median), {most:.0f} ms (95 %)\n"
    )


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
