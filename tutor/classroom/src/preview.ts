// The admin's preview of a lesson: programs in colour, formulas typeset.

import "./code.css";
import "./preview.css";
import { highlightPage } from "./editor/highlight";
import { loadLanguage } from "./editor/languages";
import { typeset } from "./text/maths";

void loadLanguage("javascript").then(() => highlightPage(document));
void typeset(document);
