// The admin's preview of a lesson: programs in colour, formulas typeset.

import "./styles/code.css";
import "./styles/preview.css";
import { highlightPage } from "./editor/highlight";
import { languages } from "./editor/languages";
import { typeset } from "./text/maths";

void languages.loadAll().then(() => highlightPage(document));
void typeset(document);
