"""English words of edits."""

from typing import Final

from tutor.leaks.speech import Speech

ENGLISH: Final = Speech(
    name="en",
    verb_last=False,
    signs={
        "less than or equal to": "<=",
        "less than or equals": "<=",
        "less or equal": "<=",
        "smaller than or equal to": "<=",
        "smaller or equal": "<=",
        "lower than or equal to": "<=",
        "at most": "<=",
        "greater than or equal to": ">=",
        "greater than or equals": ">=",
        "greater or equal": ">=",
        "bigger than or equal to": ">=",
        "larger than or equal to": ">=",
        "more than or equal to": ">=",
        "at least": ">=",
        "strictly less than": "<",
        "strictly smaller than": "<",
        "less than sign": "<",
        "less than": "<",
        "smaller than": "<",
        "strictly greater than": ">",
        "greater than sign": ">",
        "greater than": ">",
        "bigger than": ">",
        "larger than": ">",
        "more than": ">",
        "double equals sign": "==",
        "double equal sign": "==",
        "double equals": "==",
        "two equals signs": "==",
        "two equal signs": "==",
        "single equals sign": "=",
        "single equal sign": "=",
        "single equals": "=",
        "equals sign": "=",
        "equal sign": "=",
        "not equal to": "!=",
        "unequal to": "!=",
        "true division": "/",
        "integer division": "//",
        "floor division": "//",
        "double slash": "//",
        "two slashes": "//",
        "double slashes": "//",
        "two stars": "**",
        "two asterisks": "**",
        "double star": "**",
        "double asterisk": "**",
        "single slash": "/",
        "modulo operator": "%",
        "modulo": "%",
        "percent sign": "%",
        "plus sign": "+",
        "minus sign": "-",
        "plus equals": "+=",
        "minus equals": "-=",
        "plus one": "+ 1",
        "minus one": "- 1",
        "negative one": "-1",
        "zero": "0",
        "colon": ":",
        "comma": ",",
        "empty list": "[]",
        "empty string": '""',
        "empty dictionary": "{}",
        "empty dict": "{}",
    },
    numbers={
        word: number
        for number, words in enumerate(
            (
                "one first", "two second", "three third", "four fourth", "five fifth",
                "six sixth", "seven seventh", "eight eighth", "nine ninth", "ten tenth",
            ),
            1,
        )
        for word in words.split()
    },
    counts={
        word: number
        for number, word in enumerate(
            ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1
        )
    },
    line=("line", "lines"),
    last=("last", "final", "bottom"),
    both=("and", "with"),
    then=("and", "then", "and then", "but", "plus"),
    articles=("a", "an", "the", "your", "that", "this"),
    either=("or", "vs", "versus"),
    compare=("difference between", "differ*", "different from", "compared to", "compared with"),
    meaning=(
        "what does … do", "what does … mean", "what do … do", "what do … mean",
        "what … stand for", "what … stands for", "what … is for",
    ),
    replace=(
        "replac*", "chang*", "swap*", "switch*", "turn*", "convert*", "renam*", "modif*",
        "correct*", "substitut*", "exchang*", "rewrit*", "edit*", "updat*", "mak*", "adjust*",
    ),
    to=("with", "to", "into", "for", "by", "as"),
    become=(
        *(
            f"{must} {adverb}{be}"
            for must in (
                "should", "must", "needs to", "need to", "has to", "have to", "ought to",
                "could", "would", "shall",
            )
            for adverb in ("", "really ", "actually ", "instead ", "just ", "rather ", "probably ")
            for be in ("be", "become", "read", "say", "look like", "come out as")
        ),
        "becomes",
    ),
    instead=(
        "instead of", "rather than", "in place of", "not", "where you have", "where it says",
        "where you wrote", "in lieu of",
    ),
    set=("initiali*", "set", "sets", "setting", "start*", "assign*", "begin*", "reset*"),
    at=("to", "at", "with", "as", "from", "equal to", "be"),
    add=(
        "add*", "insert*", "append*", "put", "puts", "putting", "includ*", "plac*", "writ*",
        "need*", "miss*", "lack*", "forgot*", "typ*", "wrap*",
    ),
    before=("before", "in front of", "above"),
    after=(
        "after", "behind", "below", "following", "at the end of", "to the end of", "end of",
    ),
    use=("use", "uses", "using", "return", "returns", "returning", "change"),
    remove=(
        "remov*", "delet*", "drop*", "get rid of", "getting rid of", "take out", "taking out",
        "take away", "taking away", "omit*", "without", "leave out", "leaving out", "eras*",
        "cross out", "strike",
    ),
    move=("mov*", "shift*", "put", "push*"),
    swap=("swap*", "exchang*", "switch*"),
    indent=(
        "indent*", "insert a tab", "add a tab", "add one tab", "add indentation",
        "add an indentation", "add a level", "add one level", "add an indent", "to the right",
        "further right", "one level deeper", "one level further in", "a level deeper",
    ),
    dedent=(
        "dedent*", "unindent*", "un-indent*", "outdent*", "remove a tab", "remove one tab",
        "remove the tab", "remove an indent", "remove the indent*", "remove one indent*",
        "remove indentation", "removing the indentation", "remove a level", "remove one level",
        "one level less", "a level less", "one level left", "one level back", "a level back",
        "one level out", "to the left", "further left", "indent less", "indent one less",
        "same level as", "same indentation as", "less indented", "one level up",
        "line up with", "lines up with", "lined up with", "aligned with", "align* … with",
        *(
            f"not {stand} {inside} the {block}"
            for stand in ("be", "belong", "stand", "part of")
            for inside in ("in", "inside", "within", "of")
            for block in ("loop", "for loop", "while loop", "for", "while", "if", "else", "block")
        ),
    ),
    place=(
        "mov*", "put", "puts", "putting", "belong*", "plac*",
        *(
            f"{must} {go}"
            for must in ("should", "must", "needs to", "need to", "has to")
            for go in ("be", "go", "come", "stand")
        ),
    ),
    into=("inside", "into", "within", "in"),
    out_of=("outside", "outside of", "out of", "after"),
    block=tuple(
        f"{the} {adjective}{block}"
        for the in ("the", "your", "that", "this")
        for adjective in ("", "for ", "while ", "if ", "else ", "inner ", "outer ", "whole ")
        for block in ("loop", "if", "else", "block", "while", "for", "function")
    ),
)  # fmt: skip
