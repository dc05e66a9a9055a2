"""German words of edits."""

from typing import Final

from tutor.leaks.speech import Speech

GERMAN: Final = Speech(
    name="de",
    verb_last=True,
    signs={
        "kleiner als oder gleich": "<=",
        "kleiner oder gleich": "<=",
        "kleiner gleich": "<=",
        "kleinergleich": "<=",
        "höchstens": "<=",
        "maximal": "<=",
        "größer als oder gleich": ">=",
        "größer oder gleich": ">=",
        "größer gleich": ">=",
        "größergleich": ">=",
        "mindestens": ">=",
        "echt kleiner als": "<",
        "echt kleiner": "<",
        "kleiner als": "<",
        "weniger als": "<",
        "kleiner-zeichen": "<",
        "kleinerzeichen": "<",
        "echt größer als": ">",
        "echt größer": ">",
        "größer als": ">",
        "mehr als": ">",
        "größer-zeichen": ">",
        "größerzeichen": ">",
        "doppeltes gleichheitszeichen": "==",
        "doppeltem gleichheitszeichen": "==",
        "doppelte gleichheitszeichen": "==",
        "zwei gleichheitszeichen": "==",
        "einfaches gleichheitszeichen": "=",
        "einfache gleichheitszeichen": "=",
        "ein gleichheitszeichen": "=",
        "gleichheitszeichen": "=",
        "ungleich": "!=",
        "ganzzahlige division": "//",
        "ganzzahligen division": "//",
        "ganzzahldivision": "//",
        "doppelter schrägstrich": "//",
        "doppelten schrägstrich": "//",
        "zwei schrägstriche": "//",
        "doppelte schrägstriche": "//",
        "zwei sternchen": "**",
        "zwei sterne": "**",
        "schrägstrich": "/",
        "modulo": "%",
        "prozentzeichen": "%",
        "pluszeichen": "+",
        "minuszeichen": "-",
        "plus eins": "+ 1",
        "plus 1": "+ 1",
        "minus eins": "- 1",
        "null": "0",
        "doppelpunkt": ":",
        "komma": ",",
        "leere liste": "[]",
        "leeren liste": "[]",
        "leerer text": '""',
        "leeren text": '""',
        "leerer string": '""',
        "leeren string": '""',
        "leere zeichenkette": '""',
        "leeren zeichenkette": '""',
        "leeres dictionary": "{}",
        "leeres wörterbuch": "{}",
    },
    numbers={
        f"{word}{ending}": number
        for number, words in enumerate(
            (
                "eins erste", "zwei zweite", "drei dritte", "vier vierte", "fünf fünfte",
                "sechs sechste", "sieben siebte", "acht achte", "neun neunte", "zehn zehnte",
            ),
            1,
        )
        for word in words.split()
        for ending in (("", "n", "r") if word.endswith("te") else ("",))
    },
    counts={
        word: number
        for number, word in enumerate(
            ("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"), 1
        )
    },
    line=("zeile", "zeilen"),
    last=("letzte", "letzten", "letzter", "unterste", "untersten"),
    both=("und", "mit"),
    then=("und", "dann", "und dann", "danach", "aber", "sowie"),
    articles=("ein", "eine", "einem", "einen", "das", "dem", "den", "die", "dein", "deinem"),
    either=("oder", "vs"),
    compare=("unterschied* zwischen", "unterscheide*", "im vergleich zu"),
    meaning=("was macht", "was machen", "was tut", "was bedeutet", "was bedeuten", "wofür steht"),
    replace=(
        "ersetz*", "ersetzt", "änder*", "geändert", "tausch*", "austausch*", "ausgetauscht",
        "eintausch*", "wechs*", "auswechs*", "umwandel*", "wandel*", "verwandel*", "korrigier*",
        "umbenenn*", "benenn*", "umschreib*", "abänder*", "mach", "mache", "machst", "macht",
        "machen", "umbau*", "bessere", "verbesser*", "aus", "pass", "passe", "anpass*",
    ),
    to=("durch", "in", "zu", "zum", "zur", "gegen", "mit", "auf", "als", "wird", "ein", "eine"),
    become=(
        *(
            f"{must} {adverb}{be}"
            for must in ("muss", "müsste", "sollte", "soll", "müssen", "sollten", "gehört")
            for adverb in ("", "eigentlich ", "stattdessen ", "dort ", "da ", "vielmehr ", "hier ")
            for be in ("", "ein ", "eine ")
        ),
        "wird zu", "wird zum", "wird", "heißt richtig", "lautet richtig",
    ),
    instead=(
        "statt", "anstatt", "anstelle von", "an stelle von", "anstelle", "und nicht", "nicht",
        "wo du",
    ),
    set=(
        "setz*", "gesetzt", "initialisier*", "start*", "beginn*", "anfang*", "weis", "weise",
        "zuweis*", "zugewiesen", "beleg*",
    ),
    at=("auf", "mit", "bei", "als", "zu", "gleich", "den wert", "von"),
    add=(
        "füg*", "einfüg*", "hinzufüg*", "eingefügt", "hinzugefügt", "ergänz*", "schreib*",
        "hinschreib*", "setz*", "häng*", "anhäng*", "brauch*", "benötig*", "fehl*", "vergess*",
        "pack*", "kommt", "gehört", "tipp*", "hinzu",
    ),
    before=("vor", "davor", "über", "oberhalb von", "vorne an"),
    after=(
        "nach", "hinter", "danach", "unter", "unterhalb von", "am ende von", "ans ende von",
        "ende von", "am ende der", "ans ende der", "an",
    ),
    use=(
        "verwend*", "benutz*", "nutz*", "nimm", "nehm*", "gib", "zurückgeben", "zurückgib*",
        "schreib*", "probier*", "versuch*",
    ),
    remove=(
        "entfern*", "lösch*", "gelöscht", "streich*", "gestrichen", "weglass*", "lass*", "ohne",
        "wegnehm*", "wegnimm*", "rausnehm*", "herausnehm*", "raus", "weg", "wegfall*", "tilg*",
    ),
    move=("verschieb*", "schieb*", "beweg*", "setz*", "zieh*", "rück*", "verleg*"),
    swap=("vertausch*", "tausch*", "wechs*"),
    indent=(
        "einrück*", "eingerückt", "rück* … ein", "nach rechts",
        "weiter rechts", "weiter eingerückt", "stufe tiefer", "ebene tiefer", "stufe weiter ein",
    ),
    dedent=(
        "ausrück*", "ausgerückt", "rück* … aus", "nach links", "weiter links", "weniger weit ein*",
        "weniger einrück*", "weniger eingerückt", "einrückung … entfern*", "einrückung … weg*",
        "entfern* … einrückung", "lösch* … einrückung",
        "stufe zurück", "ebene zurück", "stufe höher", "ebene höher", "gleiche ebene wie",
        "gleichen ebene wie", "gleicher ebene wie", "gleichen höhe wie", "gleicher höhe wie",
        "stufe weiter aus", "aus der einrückung", "auf einer höhe mit", "bündig mit",
    ),
    place=(
        "verschieb*", "schieb*", "setz*", "gehör*", "stell*", "zieh*", "muss", "sollte", "soll",
        "müsste", "kommt", "nimm",
    ),
    into=("innerhalb", "in", "ins"),
    out_of=("außerhalb", "aus", "nach", "hinter", "nicht in", "nicht innerhalb"),
    block=tuple(
        f"{the} {block}"
        for the in ("der", "die", "das", "den", "dem", "deiner", "deine", "dein", "deinem", "des")
        for block in (
            "schleife", "for-schleife", "while-schleife", "for", "while", "if", "else", "block",
            "blocks", "if-block", "else-block", "funktion", "bedingung",
        )
    ),
)  # fmt: skip
