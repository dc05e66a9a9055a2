// The admin's preview of a lesson: programs in colour, formulas typeset.

import "./code.css";
import "./preview.css";
import { highlightPage } from "./highlight";
import { provide } from "./languages";
import { typeset } from "./maths";

void provide("javascript").then(() => highlightPage(document));
void typeset(document);
